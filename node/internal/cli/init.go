package cli

import (
	"fmt"
	"path/filepath"

	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/node"
)

type initCommand struct {
	Dir      string   `arg:"" help:"Directory to make." type:"path"`
	Mesh     string   `help:"Name of the mesh: a-z, 0-9 and -." required:"" placeholder:"NAME"`
	Site     string   `help:"Name of the site." required:"" placeholder:"NAME"`
	Gateways int      `help:"How many gateways found it." default:"4"`
	Members  int      `help:"How many of them are members of the committee, which orders and signs; the others follow. 0: all."`
	Devices  []string `help:"Files with the keys of the only devices that may sign records; without it every device may." type:"path" placeholder:"FILE"`
	Ports    int      `help:"Where ports begin: gwK has p2p on PORTS+10K, HTTP on the next and MQTT on the one after. 0: whichever are free." default:"${ports}"`
	jsonFlag
}

// Run founds a mesh.
func (c *initCommand) Run(s *streams) error {
	devices, err := c.readDevices()
	if err != nil {
		return err
	}
	id, err := node.Init(c.Dir, node.InitOptions{
		Mesh: c.Mesh, Site: c.Site, Gateways: c.Gateways, Members: c.Members, BasePort: c.Ports, Devices: devices,
	})
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(s.out, struct {
			MeshID dag.MeshID `json:"mesh_id"`
		}{id})
	}
	fmt.Fprintf(s.out, "mesh id: %s\n", id)
	s.say("Founded mesh %s with %d gateways in %s.", c.Mesh, c.Gateways, c.Dir)
	s.say("Keep the mesh id: it is all that verifying a proof takes.")
	s.say("Each directory can be carried to the machine where its gateway will run. Start one:")
	s.say("  floormesh run %s", filepath.Join(c.Dir, "gw1"))
	return nil
}

// readDevices returns nil without files: any device may sign.
func (c *initCommand) readDevices() ([]dag.PublicKey, error) {
	var keys []dag.PublicKey
	for _, path := range c.Devices {
		more, err := readPublicKeys(path)
		if err != nil {
			return nil, err
		}
		keys = append(keys, more...)
	}
	return keys, nil
}
