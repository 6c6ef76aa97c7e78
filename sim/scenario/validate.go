package scenario

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"
)

// Validate checks a resolved scenario that was made or changed in Go: ranges, and
// everything that keys must not say together. Read has done so already. Errors: *Problems.
func (s *Scenario) Validate() error {
	problems := &Problems{}
	report := func(path, text string) { problems.add(Problem{Path: path, Text: text}) }
	checkRanges(reflect.ValueOf(s).Elem(), "", report)
	if problems.err() == nil {
		s.check(report)
	}
	return problems.err()
}

// checkRanges checks every field's range and names.
func checkRanges(v reflect.Value, path string, report func(path, text string)) {
	for _, f := range fieldsOf(v.Type()) {
		part := v.Field(f.index)
		if f.belongs(v.Field(0).String()) {
			checkRange(part, &f, join(path, f.key), report)
		}
	}
}

func checkRange(v reflect.Value, f *field, path string, report func(path, text string)) {
	switch {
	case isScalar(v.Type()):
		var err error
		if n, ok := reflect.TypeAssert[named](v); ok {
			err = setNamed(reflect.New(v.Type()).Elem(), n.Names(), v.String())
		} else {
			err = f.inRange(v)
		}
		if err != nil {
			report(path, err.Error())
		}
	case v.Kind() == reflect.Struct:
		checkRanges(v, path, report)
	case v.Kind() == reflect.Pointer:
		if !v.IsNil() {
			checkRanges(v.Elem(), path, report)
		}
	default:
		for i := range v.Len() {
			checkRange(v.Index(i), f, fmt.Sprintf("%s[%d]", path, i), report)
		}
	}
}

// check reports what keys must not say together.
func (s *Scenario) check(report func(path, text string)) {
	c := &checker{s: s, report: report}
	c.name("name", s.Name)
	c.sites()
	if c.bad {
		return // nothing that names nodes can be judged
	}
	if c.selections(); c.bad {
		return
	}
	c.roster = NewRoster(s)
	c.groups()
	c.roles()
	c.network()
	c.gossip()
	c.timing()
	for i := range s.Load {
		c.load(&s.Load[i], fmt.Sprintf("load[%d]", i))
	}
	for i := range s.Faults {
		c.fault(&s.Faults[i], fmt.Sprintf("faults[%d]", i))
	}
	for i := range s.Adversaries {
		c.adversary(&s.Adversaries[i], fmt.Sprintf("adversaries[%d]", i))
	}
	c.windows("outputs.events", s.Outputs.Events)
	c.windows("outputs.dag", s.Outputs.DAG)
	if s.Sweep != nil {
		c.sweep(s.Sweep)
	}
}

// checker looks for contradictions.
type checker struct {
	s      *Scenario
	roster *Roster
	report func(path, text string)
	bad    bool
}

func (c *checker) failf(path, format string, args ...any) {
	c.bad = true
	c.report(path, fmt.Sprintf(format, args...))
}

// name allows what may stand in a host name.
func (c *checker) name(path, name string) {
	if len(name) > maxNameBytes {
		c.failf(path, "a name of %d bytes, at most %d", len(name), maxNameBytes)
	}
	if name == "" || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
		c.failf(path, "%q is no name; expected a-z, 0-9 and -", name)
	}
}

func (c *checker) sites() {
	if len(c.s.Sites) == 0 {
		c.failf("sites", `there is no site; expected at least "sites: [{name: plant}]"`)
	}
	total, sites, seen := 0, 0, map[string]bool{}
	for i := range c.s.Sites {
		p, path := &c.s.Sites[i], fmt.Sprintf("sites[%d]", i)
		c.name(path+".name", p.Name)
		if seen[p.Name] {
			c.failf(path+".name", "a second site called %q", p.Name)
		}
		seen[p.Name] = true
		if p.Committee > p.Gateways {
			c.failf(path+".committee", "%d seats for %d gateways; expected at most as many seats as gateways", p.Committee, p.Gateways)
		}
		if p.Count > 0 {
			sites += p.Count
			total += p.Count * min(p.Gateways+p.Devices+p.Observers, 4*maxNodes) // bounded by ranges, cannot overflow
		}
	}
	if total > maxNodes {
		c.failf("sites", "%d nodes in all, at most %d", total, maxNodes)
	}
	if sites > maxSites {
		c.failf("sites", "%d sites in all, at most %d", sites, maxSites)
	}
}

// selections bounds what checking selectors costs.
func (c *checker) selections() {
	nodes := 0
	for i := range c.s.Sites {
		p := &c.s.Sites[i]
		nodes += p.Count * (p.Gateways + p.Devices + p.Observers)
	}
	selectors := len(c.s.Groups) + len(c.s.Load) + 2*len(c.s.Faults) + 2*len(c.s.Adversaries) +
		len(c.s.Outputs.Events) + len(c.s.Outputs.DAG)
	if selectors*nodes > maxSelections {
		c.failf("sites", "%d selectors among %d nodes; expected at most %d for the product", selectors, nodes, maxSelections)
	}
}

func (c *checker) groups() {
	seen := []string{}
	for i := range c.s.Groups {
		g, path := &c.s.Groups[i], fmt.Sprintf("groups[%d]", i)
		c.name(path+".name", g.Name)
		if slices.Contains(seen, g.Name) {
			c.failf(path+".name", "a second group called %q", g.Name)
		}
		c.selector(path+".who", &g.Who, seen, false)
		seen = append(seen, g.Name)
	}
}

func (c *checker) roles() {
	if f := c.s.Roles.Member.Fidelity; f != FidelityReplica {
		c.failf("roles.member.fidelity", "%q cannot hold a seat; expected %q", f, FidelityReplica)
	}
	if c.s.Roles.Gateway.Fidelity == FidelitySource {
		c.failf("roles.gateway.fidelity", "a %q has a gateway, it is none; expected %q or %q", FidelitySource, FidelityReplica, FidelityFollower)
	}
	if c.s.Roles.Observer.Fidelity == FidelitySource {
		c.failf("roles.observer.fidelity", "a %q hears nothing; expected %q or %q", FidelitySource, FidelityFollower, FidelityReplica)
	}
	if r := &c.s.Roles; r.Gateway.Fidelity == FidelityFollower && r.Observer.Fidelity == FidelityReplica {
		c.failf("roles.observer.fidelity", "a %q while gateways are a %q: observers know no more than gateways do; expected %q", FidelityReplica, FidelityFollower, FidelityFollower)
	}
	switch f := c.s.Roles.Device.Fidelity; f {
	case FidelityReplica:
		c.failf("roles.device.fidelity", "a %q is a gateway; expected %q", f, FidelitySource)
	case FidelityFollower: // gossip is for nodes, which have a key in the genesis; devices only sign
		c.failf("roles.device.fidelity", "a %q takes part in gossip, as observers do; expected %q", f, FidelitySource)
	default:
	}
}

func (c *checker) network() {
	n := &c.s.Network
	c.regions()
	if p := n.Within.Preset; p == LinkNone {
		c.failf("network.within.preset", "%q leaves every node of a site alone; expected another preset", p)
	}
	uses := n.Within.Preset == LinkMatrix || n.Between.Preset == LinkMatrix
	if n.Matrix == nil {
		if uses {
			c.failf("network", `"matrix" is missing: a link's preset takes latencies from it`)
		}
		return
	}
	if !uses {
		c.failf("network.matrix", `no link has the preset "matrix"; take the matrix away or use it`)
	}
	c.matrixRegions(n.Matrix.Regions)
	rows := n.Matrix.Latency
	if len(n.Matrix.Regions) == 0 || len(rows) != len(n.Matrix.Regions) {
		c.failf("network.matrix.latency", "%d rows for %d regions; expected one row per region, and at least one", len(rows), len(n.Matrix.Regions))
	}
	for i, row := range rows {
		if len(row) != len(n.Matrix.Regions) {
			c.failf(fmt.Sprintf("network.matrix.latency[%d]", i), "%d latencies for %d regions; expected one per region", len(row), len(n.Matrix.Regions))
		}
	}
}

func (c *checker) gossip() {
	g := &c.s.Gossip
	if g.DegreeLow > g.Degree || g.Degree > g.DegreeHigh {
		c.failf("gossip.degree", "%d does not lie between degree-low %d and degree-high %d", g.Degree, g.DegreeLow, g.DegreeHigh)
	}
	if 2*g.DegreeOut > g.Degree || g.DegreeOut > 0 && g.DegreeOut >= g.DegreeLow {
		c.failf("gossip.degree-out", "%d is too many; expected less than degree-low %d and at most half of degree %d", g.DegreeOut, g.DegreeLow, g.Degree)
	}
	if g.HistoryGossip > g.History {
		c.failf("gossip.history-gossip", "tells of %d heartbeats, but only those of %d are kept; expected at most history", g.HistoryGossip, g.History)
	}
	if kept := time.Duration(g.History) * g.Heartbeat; g.Memory < kept {
		c.failf("gossip.memory", "%s is less than history %d × heartbeat %s; expected at least that, or what is asked for would be news again", duration(g.Memory), g.History, duration(g.Heartbeat))
	}
	for i := range c.s.Sites {
		p := &c.s.Sites[i]
		nodes := p.Gateways + p.Observers
		if all := (nodes - 1) * nodes / 2; (g.Connections == 0 || g.Connections >= nodes-1) && all > maxConnections {
			c.failf("gossip.connections", "sites[%d] would have %d connections, at most %d, if all of its %d nodes are connected with each other; expected a number such as 40", i, all, maxConnections, nodes)
			break
		}
	}
	if g.Connections > 0 && g.Connections < g.DegreeLow {
		c.failf("gossip.connections", "%d connections are too few for a mesh of degree-low %d", g.Connections, g.DegreeLow)
	}
}

func (c *checker) timing() {
	t := &c.s.Protocol.Timing
	if t.RoundSpacing > t.RoundSpacingCap {
		c.failf("protocol.timing.round-spacing", "%s is above round-spacing-cap %s", duration(t.RoundSpacing), duration(t.RoundSpacingCap))
	}
	if t.TimeoutFloor > t.TimeoutCap {
		c.failf("protocol.timing.timeout-floor", "%s is above timeout-cap %s", duration(t.TimeoutFloor), duration(t.TimeoutCap))
	}
}

func (c *checker) load(l *Load, path string) {
	c.name(path+".name", l.Name)
	for _, node := range c.selector(path+".who", &l.Who, c.groupNames(), false) {
		if text := c.submits(node); text != "" {
			c.failf(path+".who", "%s", text)
			break
		}
	}
	if l.Rate.Compare(Rate{maxSubmitsPerSecond, time.Second}) > 0 {
		c.failf(path+".rate", "%v is more than %d/s; expected less, of more records each", l.Rate, maxSubmitsPerSecond)
	}
	if bytes := l.Records * (int(l.Size) + recordOverheadBytes); bytes > maxBatchBytes {
		c.failf(path+".records", "%d records of %s make a batch of about %s; expected at most %s", l.Records, l.Size, Size(bytes), Size(maxBatchBytes))
	}
	if l.SizeSpread.Of(int64(l.Size))+int64(l.Size) > maxRecordBytes {
		c.failf(path+".size-spread", "makes records of more than %s", Size(maxRecordBytes))
	}
	c.begins(path, "start", fmt.Sprintf("the load %q", l.Name), l.Start, l.Stop, c.lateLoads())
	c.ends(path, "stop", fmt.Sprintf("the load %q", l.Name), l.Start, l.Stop)
	for i := 1; i < len(l.Ramp); i++ {
		if l.Ramp[i].At <= l.Ramp[i-1].At {
			c.failf(fmt.Sprintf("%s.ramp[%d].at", path, i), "%s is not after the step before, at %s", duration(l.Ramp[i].At), duration(l.Ramp[i-1].At))
		}
	}
	for i, step := range l.Ramp {
		if step.Rate < 0 {
			c.failf(fmt.Sprintf("%s.ramp[%d].rate", path, i), "a negative rate")
		}
	}
}

// submits says why a node cannot submit records, "" if it can.
func (c *checker) submits(node int) string {
	role, followers := c.roster.Role(node), c.s.Roles.Gateway.Fidelity == FidelityFollower
	switch {
	case role == RoleObserver:
		return c.roster.Name(node) + " would be among those who submit, and observers submit nothing; expected the role member, gateway or device"
	case role == RoleGateway && followers:
		return fmt.Sprintf("%s would be among those who submit, and a %q has no lane; expected the role member, or roles.gateway.fidelity %q",
			c.roster.Name(node), FidelityFollower, FidelityReplica)
	case role == RoleDevice && followers:
		if gateway := c.roster.Gateway(node); c.roster.Role(gateway) == RoleGateway {
			return fmt.Sprintf("%s hands its records to %s, and a %q has no lane; expected roles.gateway.fidelity %q, or as many gateways as seats and observers in place of the others",
				c.roster.Name(node), c.roster.Name(gateway), FidelityFollower, FidelityReplica)
		}
	}
	return ""
}

func (c *checker) fault(f *Fault, path string) {
	c.name(path+".name", f.Name)
	c.begins(path, "at", fmt.Sprintf("the fault %q", f.Name), f.At, f.At+f.For, c.lateFaults())
	leaders := f.Kind == FaultCrash || f.Kind == FaultPartition || f.Kind == FaultClog || f.Kind == FaultSlow || f.Kind == FaultDiskSlow
	c.selector(path+".who", &f.Who, c.groupNames(), leaders)
	if f.Against != nil {
		c.selector(path+".against", f.Against, c.groupNames(), false)
	}
	if f.Every == 0 && f.Times > 1 {
		c.failf(path+".times", "%d times, but \"every\" does not say how far apart", f.Times)
	}
	if f.Every > 0 && f.For > f.Every && f.Times > 1 {
		c.failf(path+".for", "%s is longer than every %s: it would begin before it is over", duration(f.For), duration(f.Every))
	}
	c.lasts(f, path)
	c.faultKind(f, path)
}

func (c *checker) faultKind(f *Fault, path string) {
	switch f.Kind {
	case FaultWANCut:
		if len(c.roster.Plants) < 2 || c.s.Network.Between.Preset == LinkNone {
			c.failf(path+".kind", "there is nothing between sites to cut: it takes two sites and a link in network.between")
		}
	case FaultClog:
		if f.Extra == 0 && f.Loss == 0 && f.Bandwidth == 0 {
			c.failf(path, `this clogs nothing; expected "extra", "loss" or "bandwidth"`)
		}
	case FaultCrash, FaultPower, FaultChurn:
		c.lost(f, path)
	case FaultClockJump:
		if f.By == 0 {
			c.failf(path+".by", "a jump by nothing")
		}
	case FaultPartition, FaultFlap:
		if f.Against == nil && f.Who.everyone() && f.Who.Leaders == 0 {
			c.failf(path, `"who" is missing: cutting everybody off leaves nobody on the other side; expected a selector`)
		}
	default:
	}
}

// lost checks that who loses its disk is away long enough.
func (c *checker) lost(f *Fault, path string) {
	last := f.At + time.Duration(max(0, f.Times-1))*f.Every
	switch {
	case f.Disk != DiskLost:
	case f.Kind == FaultChurn:
		c.failf(path+".disk", "%q in a churn: a node that comes and goes keeps its disk; expected a crash, or another disk", f.Disk)
	case f.For < leastLoss:
		c.failf(path+".for", "%s is too short for a lost disk: new lanes are numbered by the minute; expected at least %s", duration(f.For), duration(leastLoss))
	case last+f.For > c.s.Duration:
		c.failf(path+".for", "%s from %s on is beyond the end of the scenario, and a lost disk takes its time; expected an end within %s", duration(f.For), duration(last), duration(c.s.Duration))
	}
}

func (c *checker) adversary(a *Adversary, path string) {
	c.name(path+".name", a.Name)
	for _, node := range c.selector(path+".who", &a.Who, c.groupNames(), false) {
		if role := c.roster.Role(node); c.s.Roles.Of(role).Fidelity != FidelityReplica {
			c.failf(path+".who", "%s would be among the liars, which is a %q; expected a role whose fidelity is %q",
				c.roster.Name(node), c.s.Roles.Of(role).Fidelity, FidelityReplica)
			break
		}
	}
	if a.Victims != nil {
		for _, node := range c.selector(path+".victims", a.Victims, c.groupNames(), false) {
			if role := c.roster.Role(node); c.s.Roles.Of(role).Fidelity != FidelityReplica {
				c.failf(path+".victims", "%s would be among the victims, which is a %q and has neither lanes nor peers; expected a role whose fidelity is %q",
					c.roster.Name(node), c.s.Roles.Of(role).Fidelity, FidelityReplica)
				break
			}
		}
	}
	if a.Kind == AttackSyncFlood && a.Rate.Compare(Rate{maxAsksPerSecond, time.Second}) > 0 {
		c.failf(path+".rate", "%v is more than %d/s", a.Rate, maxAsksPerSecond)
	}
	c.begins(path, "from", fmt.Sprintf("the attack %q", a.Name), a.From, a.Until, c.lateAttacks())
	c.ends(path, "until", fmt.Sprintf("the attack %q", a.Name), a.From, a.Until)
}

func (c *checker) windows(path string, windows []Window) {
	for i := range windows {
		w := &windows[i]
		at := fmt.Sprintf("%s[%d]", path, i)
		c.selector(at+".who", &w.Who, c.groupNames(), false)
		if w.Until != 0 && w.Until <= w.From {
			c.failf(at+".until", "%s is not after from %s", duration(w.Until), duration(w.From))
		}
	}
}

func (c *checker) groupNames() []string {
	names := make([]string, len(c.s.Groups))
	for i := range names {
		names[i] = c.s.Groups[i].Name
	}
	return names
}

// selector checks that everything a selector names is there, and that it means
// somebody, whom it returns.
func (c *checker) selector(path string, s *Selector, groups []string, leaders bool) []int {
	good := true
	fail := func(key, format string, args ...any) {
		good = false
		c.failf(path+"."+key, format, args...)
	}
	for i, g := range s.Group {
		if !slices.Contains(groups, g) {
			fail(fmt.Sprintf("group[%d]", i), "no group is called %q%s", g, orList(didYouMean(g, groups), "groups", groups))
		}
	}
	for i, site := range s.Site {
		if text := c.siteProblem(site); text != "" {
			fail(fmt.Sprintf("site[%d]", i), "%s", text)
		}
	}
	for i, name := range s.Node {
		if _, ok := c.roster.named(name); !ok {
			fail(fmt.Sprintf("node[%d]", i), "no node is called %q; the first and the last are %q and %q", name, c.roster.Name(0), c.roster.Name(c.roster.Len()-1))
		}
	}
	if s.Leaders > 0 && !leaders {
		fail("leaders", "only the faults crash, partition, clog, slow and disk-slow can strike leaders")
	}
	if s.Leaders > 0 && len(s.Roles) > 0 && !slices.Contains(s.Roles, RoleMember) {
		fail("leaders", "only members lead")
	}
	if !good {
		return nil
	}
	nodes := c.roster.pick(s, "", nil)
	// "f" of a small committee is nobody, and that is an answer.
	if len(nodes) == 0 && s.Amount.Of != AmountFaulty {
		c.failf(path, "this means no node at all")
	}
	return nodes
}

func orList(hint, what string, names []string) string {
	switch {
	case hint != "":
		return hint
	case len(names) == 0:
		return "; there are no " + what
	default:
		return "; there are " + strings.Join(names, ", ")
	}
}

func (c *checker) siteProblem(text string) string {
	ref, err := parseSiteRef(text)
	if err != nil {
		return err.Error()
	}
	names := make([]string, len(c.s.Sites))
	for i := range c.s.Sites {
		names[i] = c.s.Sites[i].Name
		if names[i] == ref.name {
			if ref.last >= c.s.Sites[i].Count {
				return fmt.Sprintf("there are %d sites %q, numbered from 0; %q is beyond", c.s.Sites[i].Count, ref.name, text)
			}
			return ""
		}
	}
	return fmt.Sprintf("no site is called %q%s", ref.name, orList(didYouMean(ref.name, names), "sites", names))
}
