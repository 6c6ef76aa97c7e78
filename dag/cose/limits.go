package cose

// Bounds on messages of others.
const (
	// MaxMessageBytes is what Decode looks at: as much as the largest message any
	// part of Floormesh accepts.
	MaxMessageBytes = 1 << 20
	// maxDepth bounds nesting in headers; a chain of certificates needs three.
	maxDepth = 16
	// maxItems bounds the entries of one header map or list; chosen arbitrarily.
	maxItems = 1024
)
