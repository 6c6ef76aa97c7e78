package scenario

import "time"

// Adversary makes liars of some nodes.
type Adversary struct {
	// Kind is the attack. "silent": says nothing; "blocks": two blocks a round; "lanes":
	// two batches with one number; "withhold": keeps batches back; "acks": claims
	// to hold what does not exist; "rounds": names rounds far ahead; "clock":
	// lies about the time at random; "garbage": sends noise; "vote-withhold": never votes for a leader; "leader-late":
	// as leader, sends its block at the last moment; "selective": never sends anything to the victims;
	// "few-parents": refers to no more blocks than it must; "censor": does not list
	// the victims' lanes; "skew": a clock that is off; "sync-flood": asks for
	// history without end; "eclipse": tells the victims late or never, and the others that
	// the victims know more; "twins": two instances with one key.
	Kind Attack `yaml:"kind" required:"true"`
	// Name is what results call it: a-z, 0-9 and -. Left out: its kind.
	Name string `yaml:"name"`
	// Who lies. Left out: f members of each site.
	Who Selector `yaml:"who"`
	// From is when they begin; before, they are honest, but never trusted by a check.
	From time.Duration `yaml:"from" default:"0s" range:"0s..8760h"`
	// Until is when they stop. 0s means with the scenario; that is filled in.
	Until time.Duration `yaml:"until" default:"0s" range:"0s..8760h"`
	// Victims are who suffers. Left out: half of the others for "selective", one other node
	// of the site for the rest; that is filled in.
	Victims *Selector `yaml:"victims" kinds:"selective,censor,eclipse"`
	// Skew is how far the clock is off that its blocks show.
	Skew time.Duration `yaml:"skew" default:"1h" range:"-87600h..87600h" kinds:"skew"`
	// Rate is how often each of them asks each peer; at most 10000/s.
	Rate Rate `yaml:"rate" default:"100/s" kinds:"sync-flood"`
	// Late is how much of protocol.timing.timeout-floor, which is a round's timeout
	// while all is well, passes before a leader's block leaves.
	Late Share `yaml:"late" default:"95%" range:"0%..1000%" kinds:"leader-late"`
}

// defaultWho fills in who lies and who suffers, if nobody is named.
func (a *Adversary) defaultWho() {
	if a.Who.everyone() {
		a.Who.Roles, a.Who.Amount = []Role{RoleMember}, Amount{Of: AmountFaulty}
	}
	switch a.Kind {
	case AttackSelective:
		if a.Victims == nil {
			a.Victims = &Selector{Roles: []Role{RoleMember}, Amount: Amount{AmountShare, int64(50 * Percent)}, Each: true}
		}
	case AttackCensor, AttackEclipse:
		if a.Victims == nil {
			a.Victims = &Selector{Roles: []Role{RoleMember}, Amount: Amount{AmountCount, 1}, Each: true}
		}
	default:
	}
}

// Attack is a kind of lie.
type Attack string

// Attacks.
const (
	AttackSilent       Attack = "silent"
	AttackBlocks       Attack = "blocks"
	AttackLanes        Attack = "lanes"
	AttackWithhold     Attack = "withhold"
	AttackAcks         Attack = "acks"
	AttackRounds       Attack = "rounds"
	AttackClock        Attack = "clock"
	AttackGarbage      Attack = "garbage"
	AttackVoteWithhold Attack = "vote-withhold"
	AttackLeaderLate   Attack = "leader-late"
	AttackSelective    Attack = "selective"
	AttackFewParents   Attack = "few-parents"
	AttackCensor       Attack = "censor"
	AttackSkew         Attack = "skew"
	AttackSyncFlood    Attack = "sync-flood"
	AttackEclipse      Attack = "eclipse"
	AttackTwins        Attack = "twins"
)

// Names returns every attack.
func (Attack) Names() []string {
	return []string{
		string(AttackSilent), string(AttackBlocks), string(AttackLanes), string(AttackWithhold),
		string(AttackAcks), string(AttackRounds), string(AttackClock), string(AttackGarbage),
		string(AttackVoteWithhold), string(AttackLeaderLate), string(AttackSelective), string(AttackFewParents),
		string(AttackCensor), string(AttackSkew), string(AttackSyncFlood), string(AttackEclipse), string(AttackTwins),
	}
}
