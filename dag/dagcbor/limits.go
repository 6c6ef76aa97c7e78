package dagcbor

// Bounds of the generic layer.
const (
	// MaxDepth is how deep arrays, maps and links may nest. Floormesh's own
	// formats nest five deep; 64 leaves other people's data room and bounds the stack.
	MaxDepth = 64
	// MaxItems bounds one array's or map's entries. A claim of more than the
	// bytes at hand is refused before anything is allocated.
	MaxItems = 1 << 20
)
