package scenario

import (
	"bytes"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/floormesh/floormesh/sim/scenarios"
)

// compiled returns the schema as an independent validator understands it.
func compiled(t *testing.T) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(Schema()))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("scenario.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("scenario.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// conforms asks the validator about a text.
func conforms(t *testing.T, s *jsonschema.Schema, text string) error {
	t.Helper()
	raw, err := yaml.YAMLToJSON([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	return s.Validate(v)
}

// TestSchemaLibrary validates the library, as written and as explained.
func TestSchemaLibrary(t *testing.T) {
	schema := compiled(t)
	for name, s := range library(t) {
		text, err := scenarios.Read(name)
		if err != nil {
			t.Fatal(err)
		}
		for what, text := range map[string]string{"written": text, "explained": Explain(s, true)} {
			if err := conforms(t, schema, text); err != nil {
				t.Errorf("%s as %s: %v", name, what, err)
			}
		}
	}
}

// TestSchemaRefuses checks that what the schema can know, it does: both it and
// Read refuse the same.
func TestSchemaRefuses(t *testing.T) {
	schema := compiled(t)
	for _, text := range []string{
		"naem: x",
		"name: 5",
		"workers: '5'",
		"workers: 5000",
		"duration: 5",
		"duration: 5sec",
		"crypto: none",
		"sites: {name: plant}",
		"sites: [{gateways: 4}]",
		"sites: [{name: plant, up: 5MB/s}]",
		"network: {within: {loss: 0.5}}",
		"load: [{rate: 4}]",
		"load: [{who: {role: [member, devise]}}]",
		"load: [{who: {amount: most}}]",
		"faults: [{at: 1s}]",
		"faults: [{kind: crash, at: 1s, extra: 1s}]",
		"adversaries: [{kind: acks, skew: 1h}]",
		"checks: {stop: 1}",
		"sweep: {axes: [{key: duration}]}",
	} {
		if conforms(t, schema, text) == nil {
			t.Errorf("the schema allows %q", text)
		}
		if _, err := Read([]Source{{Name: "x", Text: text}}, "sites+={name: other}"); err == nil {
			t.Errorf("Read allows %q", text)
		}
	}
	const good = "sites: [{name: plant}]\nload: [{who: {role: member, amount: 33%}, rate: 1/5s}]\nfaults+: [{kind: crash, at: 1s, who: {amount: 1}}]"
	if err := conforms(t, schema, good); err != nil {
		t.Error(err)
	}
}
