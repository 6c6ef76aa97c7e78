package scenario

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Roster numbers a scenario's nodes and answers who a selector means. Nodes are
// numbered from 0 site by site, in a site first its members, then gateways,
// observers, devices. Choices at random depend on the scenario's seed and on what they are for, on nothing else.
type Roster struct {
	// Plants are the sites, those declared with a count one by one.
	Plants []Plant

	scenario *Scenario
	total    int
	groups   map[string][]int // by name
}

// Plant is one site.
type Plant struct {
	Name     string
	Declared int // index in Scenario.Sites
	Number   int // among those declared together
	First    int // its first node

	Members, Gateways, Observers, Devices int // how many nodes of each role
}

// NewRoster numbers the nodes of a resolved and valid scenario, which must not
// change any more.
func NewRoster(s *Scenario) *Roster {
	r := &Roster{scenario: s, groups: make(map[string][]int)}
	for i := range s.Sites {
		site := &s.Sites[i]
		for n := range site.Count {
			p := Plant{
				Name: site.Name, Declared: i, Number: n, First: r.total,
				Members: site.Committee, Gateways: site.Gateways - site.Committee,
				Observers: site.Observers, Devices: site.Devices,
			}
			if site.Count > 1 {
				p.Name += "/" + strconv.Itoa(n)
			}
			r.Plants = append(r.Plants, p)
			r.total += p.size()
		}
	}
	for i := range s.Groups { // each may refer to those before it
		g := &s.Groups[i]
		r.groups[g.Name] = r.pick(&g.Who, "group/"+g.Name, nil)
	}
	return r
}

func (p *Plant) size() int { return p.Members + p.Gateways + p.Observers + p.Devices }

// Range returns a role's first node in the plant and how many there are.
func (p *Plant) Range(role Role) (first, count int) {
	switch role {
	case RoleMember:
		return p.First, p.Members
	case RoleGateway:
		return p.First + p.Members, p.Gateways
	case RoleObserver:
		return p.First + p.Members + p.Gateways, p.Observers
	default:
		return p.First + p.Members + p.Gateways + p.Observers, p.Devices
	}
}

// Len returns how many nodes there are.
func (r *Roster) Len() int { return r.total }

// Plant returns the index of the plant that a node belongs to.
func (r *Roster) Plant(node int) int {
	i, found := slices.BinarySearchFunc(r.Plants, node, func(p Plant, n int) int { return cmp.Compare(p.First, n) })
	if !found {
		i--
	}
	return i
}

// Role returns a node's role.
func (r *Roster) Role(node int) Role {
	role, _ := r.place(node)
	return role
}

// place returns a node's role and its number among those of the role and plant.
func (r *Roster) place(node int) (Role, int) {
	p := &r.Plants[r.Plant(node)]
	for _, role := range roles() {
		if first, count := p.Range(role); node >= first && node < first+count {
			return role, node - first
		}
	}
	panic(fmt.Sprintf("scenario: no node %d of %d", node, r.total))
}

// roles returns every role.
func roles() []Role { return []Role{RoleMember, RoleGateway, RoleObserver, RoleDevice} }

// Name returns a node's name, such as "plant/member/0".
func (r *Roster) Name(node int) string {
	role, number := r.place(node)
	return fmt.Sprintf("%s/%s/%d", r.Plants[r.Plant(node)].Name, role, number)
}

// Gateway returns the member or gateway that a device hands its records to.
func (r *Roster) Gateway(device int) int {
	p := &r.Plants[r.Plant(device)]
	_, number := r.place(device)
	return p.First + number%(p.Members+p.Gateways)
}

// Submitters returns the nodes of a load, ascending.
func (r *Roster) Submitters(load int) []int {
	return r.pick(&r.scenario.Load[load].Who, fmt.Sprintf("load/%d", load), nil)
}

// Struck returns who a fault hits when it happens for the (occurrence+1)-th time, ascending, and
// who is on the other side of a cut; nil there means all others. Power and WAN
// cuts hit whole sites. Of a fault with Who.Leaders it returns who may be hit: which of them leads, only the
// world knows.
func (r *Roster) Struck(fault, occurrence int) (who, against []int) {
	f := &r.scenario.Faults[fault]
	if !f.Repick {
		occurrence = 0
	}
	salt := fmt.Sprintf("fault/%d/%d", fault, occurrence)
	who = r.pick(&f.Who, salt, nil)
	if f.Kind == FaultPower || f.Kind == FaultWANCut {
		who = r.plantsOf(who)
	}
	if f.Against != nil {
		against = r.pick(f.Against, salt+"/against", who)
	}
	return who, against
}

// Liars returns the nodes of an adversary and those who suffer, ascending.
func (r *Roster) Liars(adversary int) (who, victims []int) {
	a := &r.scenario.Adversaries[adversary]
	salt := fmt.Sprintf("adversary/%d", adversary)
	who = r.pick(&a.Who, salt, nil)
	if a.Victims != nil {
		victims = r.pick(a.Victims, salt+"/victims", who)
	}
	return who, victims
}

// Watched returns the nodes of an output window, ascending.
func (r *Roster) Watched(w *Window) []int { return r.pick(&w.Who, "window", nil) }

// plantsOf returns all nodes of the plants that some nodes belong to.
func (r *Roster) plantsOf(nodes []int) (all []int) {
	last := -1
	for _, node := range nodes { // ascending, so plants are too
		if i := r.Plant(node); i != last {
			last = i
			for n := range r.Plants[i].size() {
				all = append(all, r.Plants[i].First+n)
			}
		}
	}
	return all
}

// pick returns who a selector means, ascending, without some.
func (r *Roster) pick(s *Selector, salt string, without []int) []int {
	fits := r.filter(s, without)
	var all []int
	members := 0
	for i := range r.Plants {
		candidates := r.candidates(s, &r.Plants[i], fits)
		if s.Each {
			candidates = r.some(s, candidates, s.Amount.of(len(candidates), r.Plants[i].Members), salt)
		}
		members += r.Plants[i].Members
		all = append(all, candidates...)
	}
	if s.Each {
		return all
	}
	return r.some(s, all, s.Amount.of(len(all), members), salt)
}

// some takes an amount of ascending candidates.
func (r *Roster) some(s *Selector, candidates []int, amount int, salt string) []int {
	if amount >= len(candidates) {
		return candidates
	}
	switch s.Pick {
	case PickFirst:
		return candidates[:amount]
	case PickLast:
		return candidates[len(candidates)-amount:]
	default:
	}
	seed := r.scenario.Seed ^ hashText(salt)
	shuffled := slices.Clone(candidates)
	slices.SortFunc(shuffled, func(a, b int) int {
		return cmp.Or(cmp.Compare(mix(seed, uint64(a)), mix(seed, uint64(b))), cmp.Compare(a, b))
	})
	chosen := shuffled[:amount]
	slices.Sort(chosen)
	return chosen
}

// candidates returns a plant's nodes that a selector describes.
func (r *Roster) candidates(s *Selector, p *Plant, fits func(node int) bool) (nodes []int) {
	if len(s.Site) > 0 && !slices.ContainsFunc(s.Site, p.isAmong) {
		return nil
	}
	for _, role := range roles() {
		if len(s.Roles) > 0 && !slices.Contains(s.Roles, role) {
			continue
		}
		first, count := p.Range(role)
		for n := range count {
			if fits(first + n) {
				nodes = append(nodes, first+n)
			}
		}
	}
	return nodes
}

// filter returns the test for groups, names and exceptions.
func (r *Roster) filter(s *Selector, without []int) func(node int) bool {
	var inGroup, byName map[int]bool
	if len(s.Group) > 0 {
		inGroup = make(map[int]bool)
		for _, name := range s.Group {
			for _, node := range r.groups[name] {
				inGroup[node] = true
			}
		}
	}
	if len(s.Node) > 0 {
		byName = make(map[int]bool)
		for _, name := range s.Node {
			if node, ok := r.named(name); ok {
				byName[node] = true
			}
		}
	}
	return func(node int) bool {
		if inGroup != nil && !inGroup[node] || byName != nil && !byName[node] {
			return false
		}
		_, excluded := slices.BinarySearch(without, node)
		return !excluded
	}
}

// isAmong reports whether a plant is meant by "plant", "plant/3" or "plant/0..9".
func (p *Plant) isAmong(text string) bool {
	ref, err := parseSiteRef(text)
	if err != nil {
		return false
	}
	declared, _, _ := strings.Cut(p.Name, "/")
	return ref.name == declared && (ref.last < 0 || p.Number >= ref.first && p.Number <= ref.last)
}

// siteRef is what a selector calls a site, or several.
type siteRef struct {
	name        string
	first, last int // last -1: all
}

func parseSiteRef(text string) (siteRef, error) {
	name, numbers, some := strings.Cut(text, "/")
	ref := siteRef{name: name, last: -1}
	if !some {
		return ref, nil
	}
	low, high, several := strings.Cut(numbers, "..")
	if !several {
		high = low
	}
	first, err1 := strconv.ParseUint(low, 10, 31)
	last, err2 := strconv.ParseUint(high, 10, 31)
	if err1 != nil || err2 != nil || first > last {
		return ref, fmt.Errorf(`%q names no site; expected one such as "plant", "plant/3" or "plant/0..9"`, text)
	}
	ref.first, ref.last = int(first), int(last)
	return ref, nil
}

// named returns the node with a name.
func (r *Roster) named(name string) (node int, ok bool) {
	parts := strings.Split(name, "/")
	if len(parts) < 3 {
		return 0, false
	}
	number, err := strconv.ParseUint(parts[len(parts)-1], 10, 31)
	plant, role := strings.Join(parts[:len(parts)-2], "/"), Role(parts[len(parts)-2])
	i := slices.IndexFunc(r.Plants, func(p Plant) bool { return p.Name == plant })
	if err != nil || i < 0 || !slices.Contains(roles(), role) {
		return 0, false
	}
	first, count := r.Plants[i].Range(role)
	return first + int(number), int(number) < count
}

// hashText is FNV-1a.
func hashText(text string) uint64 {
	h := uint64(0xcbf29ce484222325)
	for i := range len(text) {
		h = (h ^ uint64(text[i])) * 0x100000001b3
	}
	return h
}

// mix spreads a seed and a number over 64 bits (the finaliser of SplitMix64, twice).
func mix(seed, n uint64) uint64 {
	z := seed
	for _, add := range []uint64{n * 0x9e3779b97f4a7c15, 0x9e3779b97f4a7c15} {
		z += add
		z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
		z = (z ^ z>>27) * 0x94d049bb133111eb
		z ^= z >> 31
	}
	return z
}
