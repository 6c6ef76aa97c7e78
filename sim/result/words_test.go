package result

import (
	"encoding/json"
	"testing"
)

// TestWordsComeBack: nodes through JSON, acts through their names.
func TestWordsComeBack(t *testing.T) {
	for want, n := range map[string]Node{"0": 0, "7": 7, "null": NoNode} {
		text, err := json.Marshal(n)
		if err != nil || string(text) != want {
			t.Errorf("%v is %s, %v, want %s", n, text, err, want)
		}
		back := Node(99)
		if err := json.Unmarshal(text, &back); err != nil || back != n {
			t.Errorf("%s is read as %v, %v", text, back, err)
		}
	}
	for _, bad := range []string{"-1", `"1"`, "4294967296"} {
		if err := json.Unmarshal([]byte(bad), new(Node)); err == nil {
			t.Errorf("%s is read as a node", bad)
		}
	}
	seen := map[string]bool{}
	for a := range acts {
		back, err := ParseAct(a.String())
		if err != nil || back != a || seen[a.String()] {
			t.Errorf("%v comes back as %v, %v", a, back, err)
		}
		seen[a.String()] = true
	}
	if _, err := ParseAct("?"); err == nil {
		t.Error("an act without a name was read")
	}
}
