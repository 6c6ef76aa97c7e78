package scenario_test

import (
	"fmt"

	"github.com/floormesh/floormesh/sim/scenario"
)

func ExampleRead() {
	base := scenario.Source{Name: "lunch.yaml", Text: `
name: lunch
duration: 2m
sites:
  - {name: plant, gateways: 7}
load:
  - {rate: 4/s, size: 200B}
faults:
  - {kind: crash, at: 30s, for: 10s, who: {role: member, amount: f}}
`}
	s, err := scenario.Read([]scenario.Source{base}, "sites[0].gateways=10")
	if err != nil {
		fmt.Println(err)
		return
	}
	roster := scenario.NewRoster(s)
	struck, _ := roster.Struck(0, 0)
	fmt.Println(s.Name, s.Duration, s.Sites[0].Gateways, len(struck))
	// Output: lunch 2m0s 10 3
}

func ExampleRead_mistake() {
	base := scenario.Source{Name: "lunch.yaml", Text: `
sites:
  - name: plant
    gatways: 7
`}
	_, err := scenario.Read([]scenario.Source{base}, "duration=2min")
	fmt.Println(err)
	// Output:
	// lunch.yaml:4:5: unknown key "gatways"; did you mean "gateways"?
	//     4 |     gatways: 7
	//       |     ^^^^^^^
	// --set:1:10: "2min" is not a duration: no unit is called "min" (there are ns, us, µs, ms, s, m, h, d); expected one such as "150ms" or "2m30s"
	//     1 | duration=2min
	//       |          ^^^^
}

func ExampleDocument_Points() {
	var d scenario.Document
	d.Lay(scenario.Source{Name: "sizes.yaml", Text: `
sites: [{name: plant}]
sweep:
  axes:
    - {key: "sites[0].gateways", values: [4, 10]}
    - {key: "sites[0].committee", values: [4, 7]}
  constraints: ["sites[0].committee <= sites[0].gateways"]
`})
	for p, err := range d.Points() {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(p.Index, p.Set)
	}
	// Output:
	// 0 [sites[0].gateways=4 sites[0].committee=4]
	// 1 [sites[0].gateways=10 sites[0].committee=4]
	// 2 [sites[0].gateways=10 sites[0].committee=7]
}
