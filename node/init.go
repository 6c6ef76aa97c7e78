package node

import (
	"bytes"
	"crypto/rand"
	_ "embed" // config.yaml.tmpl
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"text/template"
	"time"

	"github.com/floormesh/floormesh/dag"
)

// InitOptions says what mesh to found.
type InitOptions struct {
	Mesh, Site string
	Gateways   int // 1 … dag.MaxCommittee: each connects to every other
	Members    int // the first so many are the committee, the others follow; 0: all are
	// BasePort is where the gateways' ports begin on loopback: gwK has p2p on
	// BasePort+10K, HTTP on the port after it and MQTT on the one after that.
	// With 0 the p2p ports are whichever are free now, since gateways must know
	// each other's, and HTTP and MQTT choose theirs at every start.
	BasePort int
	// Devices, if not nil, are the only keys that may sign records beside the gateways'.
	Devices []dag.PublicKey
}

// DefaultBasePort is a BasePort that few others use.
const DefaultBasePort = 7400

// Init founds a mesh: it makes dir with a genesis document and one directory
// per gateway (gw1, gw2, …), each of which can be carried to another machine.
// It changes nothing that is there: ErrExists. Errors: ErrConfig.
func Init(dir string, o InitOptions) (dag.MeshID, error) {
	if err := o.validate(); err != nil {
		return dag.MeshID{}, fmt.Errorf("%w: %w", ErrConfig, err)
	}
	if _, err := os.Stat(filepath.Join(dir, genesisFile)); err == nil {
		return dag.MeshID{}, fmt.Errorf("%w in %s; name another directory", ErrExists, dir)
	}
	f, err := o.found()
	if err != nil {
		return dag.MeshID{}, fmt.Errorf("found mesh: %w", err)
	}
	if err := f.write(dir); err != nil {
		return dag.MeshID{}, fmt.Errorf("found mesh in %s: %w", dir, err)
	}
	return f.genesis.ID(), nil
}

func (o *InitOptions) validate() error {
	const lastPort = 1<<16 - 1
	var problems []error
	if o.Gateways < 1 || o.Gateways > dag.MaxCommittee {
		problems = append(problems, fmt.Errorf("%d gateways, want 1 to %d", o.Gateways, dag.MaxCommittee))
	}
	if o.Members < 0 || o.Members > o.Gateways {
		problems = append(problems, fmt.Errorf("%d members of %d gateways", o.Members, o.Gateways))
	}
	if o.BasePort < 0 || o.BasePort > 0 && o.BasePort+10*o.Gateways+2 > lastPort {
		problems = append(problems, fmt.Errorf("base port %d leaves no ports for %d gateways", o.BasePort, o.Gateways))
	}
	return errors.Join(problems...)
}

// founding is a mesh that is about to be written.
type founding struct {
	genesis dag.Genesis
	nodes   []dag.PrivateKey
	members []dag.PrivateKey // zero for a gateway that is no member
	ports   []ports
}

// ports are one gateway's on loopback.
type ports struct{ P2P, HTTP, MQTT int }

func (o *InitOptions) found() (*founding, error) {
	f := &founding{genesis: dag.DefaultGenesis()}
	f.genesis.Mesh, f.genesis.Site = o.Mesh, o.Site
	f.genesis.Created = dag.UnixMilli(max(time.Now().UnixMilli(), 0))
	f.genesis.Devices = o.Devices
	for k := range o.Gateways {
		node, member := newKey(), dag.PrivateKey{}
		if o.Members == 0 || k < o.Members {
			member = newKey()
		}
		f.nodes, f.members = append(f.nodes, node), append(f.members, member)
		f.genesis.Gateways = append(f.genesis.Gateways, dag.Gateway{
			Name: gatewayName(k), Node: node.Public(), Member: member.Public(),
		})
	}
	if err := f.genesis.Validate(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrConfig, err)
	}
	var err error
	f.ports, err = o.assignPorts()
	return f, err
}

func gatewayName(index int) string { return "gw" + strconv.Itoa(index+1) }

func newKey() dag.PrivateKey {
	var seed [32]byte
	_, _ = rand.Read(seed[:]) // never fails: the process dies first
	return dag.NewPrivateKey(seed)
}

func (o *InitOptions) assignPorts() ([]ports, error) {
	if o.BasePort == 0 {
		return freePorts(o.Gateways)
	}
	all := make([]ports, o.Gateways)
	for k := range all {
		first := o.BasePort + 10*(k+1)
		all[k] = ports{first, first + 1, first + 2}
	}
	return all, nil
}

// freePorts finds p2p ports that are free for TCP and UDP. All are held until
// the last is found, lest one be found twice.
func freePorts(n int) (all []ports, err error) {
	for range n {
		tcp, udp, err := freePort()
		if err != nil {
			return nil, err
		}
		defer func() { _, _ = tcp.Close(), udp.Close() }() // nothing was sent on them
		all = append(all, ports{P2P: tcp.Addr().(*net.TCPAddr).Port})
	}
	return all, nil
}

func freePort() (tcp net.Listener, udp net.PacketConn, err error) {
	const attempts = 32
	for range attempts {
		if tcp, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
			return nil, nil, err
		}
		if udp, err = net.ListenPacket("udp", tcp.Addr().String()); err == nil {
			return tcp, udp, nil
		}
		err = errors.Join(err, tcp.Close())
	}
	return nil, nil, fmt.Errorf("no port is free for both TCP and UDP: %w", err)
}

// write makes the directories. The mesh's own genesis document comes last: it
// says that everything is there.
func (f *founding) write(dir string) error {
	raw := f.genesis.Encode()
	for k := range f.nodes {
		if err := f.writeGateway(filepath.Join(dir, gatewayName(k)), k, raw); err != nil {
			return err
		}
	}
	return writeFileSync(filepath.Join(dir, genesisFile), raw, publicMode)
}

func (f *founding) writeGateway(dir string, k int, genesis []byte) error {
	if _, err := os.Stat(filepath.Join(dir, nodeKeyFile)); err == nil {
		return fmt.Errorf("%w: %s has keys", ErrExists, dir)
	}
	if err := os.MkdirAll(filepath.Join(dir, dataDir), dirMode); err != nil {
		return err
	}
	config, err := f.config(k)
	if err != nil {
		return err
	}
	err = errors.Join(
		writeFileSync(filepath.Join(dir, genesisFile), genesis, publicMode),
		writeFileSync(filepath.Join(dir, configFile), config, publicMode),
		writeKey(filepath.Join(dir, nodeKeyFile), f.nodes[k]),
	)
	if f.genesis.Gateways[k].IsMember() {
		err = errors.Join(err, writeKey(filepath.Join(dir, memberKeyFile), f.members[k]))
	}
	return err
}

//go:embed config.yaml.tmpl
var configTemplate string

// config returns gateway k's configuration file, with comments for people.
func (f *founding) config(k int) ([]byte, error) {
	type peer struct {
		Name string
		Port int
	}
	data := struct {
		Mesh, Site, Name string
		Ports            ports
		Peers            []peer
	}{Mesh: f.genesis.Mesh, Site: f.genesis.Site, Name: gatewayName(k), Ports: f.ports[k]}
	for other, p := range f.ports {
		if other != k {
			data.Peers = append(data.Peers, peer{gatewayName(other), p.P2P})
		}
	}
	t, err := template.New(configFile).Parse(configTemplate)
	if err != nil {
		return nil, err
	}
	var file bytes.Buffer
	err = t.Execute(&file, data)
	return file.Bytes(), err
}
