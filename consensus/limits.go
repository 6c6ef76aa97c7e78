package consensus

import "github.com/floormesh/floormesh/dag"

// MaxMembers bounds a committee, and is what a Set has room for. A round costs
// n² references between blocks: where there are more gateways than this, the
// others follow the ledger without making it.
const MaxMembers = dag.MaxCommittee
