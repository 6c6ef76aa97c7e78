package scenario

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// must reads a scenario.
func must(t testing.TB, text string) *Scenario {
	t.Helper()
	s, err := Read([]Source{{Name: t.Name(), Text: text}})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

const twoKinds = `
sites:
  - {name: plant, gateways: 5, committee: 4, devices: 7, observers: 1}
  - {name: line, count: 3, gateways: 4, devices: 2}
groups:
  - {name: east, who: {site: [line/1..2]}}
  - {name: half, who: {group: east, role: member, amount: 50%}}
`

// TestRoster checks numbers, names, roles and gateways of every node.
func TestRoster(t *testing.T) {
	r := NewRoster(must(t, twoKinds))
	if r.Len() != 13+3*6 || len(r.Plants) != 4 {
		t.Fatalf("%d nodes in %d plants", r.Len(), len(r.Plants))
	}
	names := make([]string, 0, r.Len())
	for node := range r.Len() {
		name := r.Name(node)
		if n, ok := r.named(name); !ok || n != node {
			t.Errorf("%s is node %d, not %d", name, n, node)
		}
		if r.Role(node) == RoleDevice {
			name += " at " + r.Name(r.Gateway(node))
		}
		names = append(names, name)
	}
	want := []string{
		"plant/member/0", "plant/member/1", "plant/member/2", "plant/member/3", "plant/gateway/0", "plant/observer/0",
		"plant/device/0 at plant/member/0", "plant/device/1 at plant/member/1", "plant/device/2 at plant/member/2",
		"plant/device/3 at plant/member/3", "plant/device/4 at plant/gateway/0", "plant/device/5 at plant/member/0",
		"plant/device/6 at plant/member/1",
		"line/0/member/0", "line/0/member/1", "line/0/member/2", "line/0/member/3", "line/0/device/0 at line/0/member/0", "line/0/device/1 at line/0/member/1",
		"line/1/member/0", "line/1/member/1", "line/1/member/2", "line/1/member/3", "line/1/device/0 at line/1/member/0", "line/1/device/1 at line/1/member/1",
		"line/2/member/0", "line/2/member/1", "line/2/member/2", "line/2/member/3", "line/2/device/0 at line/2/member/0", "line/2/device/1 at line/2/member/1",
	}
	if d := cmp.Diff(want, names); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
}

// TestPick checks whom selectors mean.
func TestPick(t *testing.T) {
	s := must(t, twoKinds)
	r := NewRoster(s)
	for _, c := range []struct {
		who  Selector
		want []int
	}{
		{Selector{Site: []string{"line/1"}, Roles: []Role{RoleMember}}, []int{19, 20, 21, 22}},
		{Selector{Site: []string{"line"}, Roles: []Role{RoleDevice}}, []int{17, 18, 23, 24, 29, 30}},
		{Selector{Roles: []Role{RoleGateway, RoleObserver}}, []int{4, 5}},
		{Selector{Node: []string{"line/2/member/0", "plant/gateway/0"}}, []int{4, 25}},
		{Selector{Group: []string{"east"}, Roles: []Role{RoleDevice}}, []int{23, 24, 29, 30}},
		{Selector{Amount: Amount{AmountCount, 2}, Pick: PickLast}, []int{29, 30}},
		{Selector{Amount: Amount{AmountCount, 2}, Pick: PickFirst, Each: true}, []int{0, 1, 13, 14, 19, 20, 25, 26}},
		{Selector{Roles: []Role{RoleMember}, Amount: Amount{Of: AmountFaulty}, Each: true, Pick: PickFirst}, []int{0, 13, 19, 25}},
		{Selector{Site: []string{"plant"}, Amount: Amount{AmountShare, int64(50 * Percent)}, Pick: PickFirst}, []int{0, 1, 2, 3, 4, 5}},
		{Selector{Site: []string{"nowhere"}}, nil},
	} {
		if got := r.pick(&c.who, "test", nil); !slices.Equal(got, c.want) {
			t.Errorf("%+v means %v, want %v", c.who, got, c.want)
		}
	}
	half := r.pick(&Selector{Group: []string{"half"}}, "a", nil)
	if len(half) != 4 || !slices.Equal(half, r.pick(&Selector{Group: []string{"half"}}, "b", nil)) {
		t.Errorf("the group is %v, or depends on who asks", half)
	}
}

// TestPickRandom checks that a choice is of the right size, among those meant, fair,
// and depends on the seed and on what it is for alone.
func TestPickRandom(t *testing.T) {
	s := must(t, twoKinds)
	r := NewRoster(s)
	rapid.Check(t, func(t *rapid.T) {
		s.Seed = rapid.Uint64().Draw(t, "seed")
		n := rapid.IntRange(0, 12).Draw(t, "n")
		who := Selector{Roles: []Role{RoleMember}, Amount: Amount{AmountCount, int64(n)}}
		got := r.pick(&who, "x", nil)
		if len(got) != n || !slices.IsSorted(got) || !slices.Equal(got, r.pick(&who, "x", nil)) {
			t.Fatalf("picks %v of %d", got, n)
		}
		for _, node := range got {
			if r.Role(node) != RoleMember {
				t.Fatalf("picks %s", r.Name(node))
			}
		}
	})
	times := make([]int, r.Len())
	who := Selector{Amount: Amount{AmountCount, 1}}
	for s.Seed = range uint64(3100) {
		times[r.pick(&who, "x", nil)[0]]++
	}
	if slices.Min(times) < 50 || slices.Max(times) > 170 {
		t.Errorf("of 3100 picks among 31 nodes, nodes got %v", times)
	}
}

// TestPickGolden pins choices: another machine must make the same.
func TestPickGolden(t *testing.T) {
	s := must(t, twoKinds)
	got := NewRoster(s).pick(&Selector{Amount: Amount{AmountCount, 5}}, "golden", nil)
	if want := []int{0, 5, 6, 24, 29}; !slices.Equal(got, want) {
		t.Errorf("picks %v, want %v", got, want)
	}
}

// TestStruck checks sites hit as a whole, the other side, and choosing anew.
func TestStruck(t *testing.T) {
	s := must(t, twoKinds+`
faults:
  - {kind: power, at: 1s, who: {node: line/1/member/2}}
  - {kind: partition, at: 1s, who: {site: plant, role: member}, against: {site: [plant, line/0]}}
  - {kind: crash, at: 1s, for: 1s, every: 5s, repick: true, who: {amount: 3}}
  - {kind: crash, at: 1s, for: 1s, every: 5s, who: {amount: 3}}
  - {kind: wan-cut, at: 1s, who: {node: line/0/member/0}}
adversaries:
  - {kind: censor}
  - {kind: silent}
load:
  - {rate: 1/s}
`)
	r := NewRoster(s)
	if who, against := r.Struck(0, 0); !slices.Equal(who, []int{19, 20, 21, 22, 23, 24}) || against != nil {
		t.Errorf("the power cut hits %v against %v", who, against)
	}
	if who, against := r.Struck(1, 0); len(who) != 4 || len(against) != 9+6 {
		t.Errorf("the partition is %v against %v", who, against)
	}
	first, _ := r.Struck(2, 0)
	second, _ := r.Struck(2, 1)
	if slices.Equal(first, second) {
		t.Errorf("repick hits %v twice", first)
	}
	first, _ = r.Struck(3, 0)
	second, _ = r.Struck(3, 1)
	if !slices.Equal(first, second) {
		t.Errorf("hits %v, then %v", first, second)
	}
	if who, _ := r.Struck(4, 0); !slices.Equal(who, []int{13, 14, 15, 16, 17, 18}) {
		t.Errorf("the cut site is %v", who)
	}
	who, victims := r.Liars(0)
	if len(who) != 4 || len(victims) != 4 {
		t.Errorf("%v lie and %v suffer", who, victims)
	}
	for _, v := range victims {
		if slices.Contains(who, v) {
			t.Errorf("%d is its own victim", v)
		}
	}
	if who, victims := r.Liars(1); len(who) != 4 || victims != nil {
		t.Errorf("%v are silent to %v", who, victims)
	}
	if got := r.Submitters(0); len(got) != 5+12 {
		t.Errorf("%v submit", got)
	}
	if got := r.Watched(&Window{}); len(got) != r.Len() {
		t.Errorf("%d of %d are watched", len(got), r.Len())
	}
}
