package scenario

// Site is one plant, or several alike.
type Site struct {
	// Name is the site's: a-z, 0-9 and -. With a count above 1, site number i
	// is called name/i, counting from 0.
	Name string `yaml:"name" required:"true"`
	// Count is how many such sites there are.
	Count int `yaml:"count" default:"1" range:"1..16384"`
	// Region is where it lies, for networks whose latencies come from a table;
	// empty for others.
	Region string `yaml:"region"`
	// Gateways is how many gateways the site has, members of the committee among them.
	Gateways int `yaml:"gateways" default:"4" range:"1..16384"`
	// Committee is how many gateways have a seat. 0 means all of them, up to 31;
	// that number is filled in.
	Committee int `yaml:"committee" default:"0" range:"0..128"`
	// Devices is how many devices sign readings and hand them to a gateway.
	// Device number i belongs to gateway number i modulo gateways.
	Devices int `yaml:"devices" default:"0" range:"0..1000000"`
	// Observers is how many nodes only listen. They take part in the site's gossip.
	Observers int `yaml:"observers" default:"0" range:"0..1000000"`
	// Up is the bandwidth that all nodes of the site share towards other sites, to which
	// nothing goes yet.
	Up Bandwidth `yaml:"up" default:"unlimited"`
	// Down is the same from other sites.
	Down Bandwidth `yaml:"down" default:"unlimited"`
}
