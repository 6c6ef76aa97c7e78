package scenario

// Selector says which nodes are meant: those that fit everything said here,
// and of these an amount.
type Selector struct {
	// Group is one or several groups; a node of any fits. Empty: any.
	Group []string `yaml:"group" list:"one"`
	// Site is one or several sites: "plant" for all that are declared so, "plant/3" for number
	// 3 of them, "plant/0..9" for ten. Empty: any.
	Site []string `yaml:"site" list:"one"`
	// Role is one or several roles. Members are not gateways here. Empty: any.
	Roles []Role `yaml:"role" list:"one"`
	// Node is one or several nodes by name: "plant/member/0" or, with several
	// such sites, "plant/3/gateway/17". Empty: any.
	Node []string `yaml:"node" list:"one"`
	// Leaders is how many of the next leaders are meant, as seen when a fault begins. Only
	// faults can say so. 0: leaders or not.
	Leaders int `yaml:"leaders" default:"0" range:"0..1000"`
	// Amount is how many of those: "all", a count, a share such as "33%" (rounded
	// down), or "f": as many as each site's committee tolerates.
	Amount Amount `yaml:"amount" default:"all"`
	// Each says that amount counts within each site, not over all. "f" always does.
	Each bool `yaml:"each" default:"false"`
	// Pick is which of them: "random" (drawn from the seed), "first" or "last".
	Pick Pick `yaml:"pick" default:"random"`
}

// everyone reports whether a selector says nothing.
func (s *Selector) everyone() bool {
	return len(s.Group)+len(s.Site)+len(s.Roles)+len(s.Node)+s.Leaders == 0 && s.Amount == Amount{}
}

// Group is a name for a selection of nodes.
type Group struct {
	// Name is the group's: a-z, 0-9 and -.
	Name string `yaml:"name" required:"true"`
	// Who belongs to it. It may refer to groups further up.
	Who Selector `yaml:"who"`
}

// Pick is which nodes of many are taken.
type Pick string

// Picks.
const (
	PickRandom Pick = "random"
	PickFirst  Pick = "first"
	PickLast   Pick = "last"
)

// Names returns every pick.
func (Pick) Names() []string {
	return []string{string(PickRandom), string(PickFirst), string(PickLast)}
}
