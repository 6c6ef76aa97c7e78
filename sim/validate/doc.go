// Package validate holds the simulator's models against measurements that others
// published.
//
//	for _, c := range validate.Cases() {
//		result, err := c.Run()
//		fmt.Println(result.Name, result.Worst, result.Holds)
//	}
//
// Nothing is fitted: every parameter of a case says where it comes from. A case holds
// if every value lies within its stated bound of the published one.
//
// Package twin, below, holds the whole simulator against real gateways on this machine.
package validate
