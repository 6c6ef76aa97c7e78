package index

// minSlots is how many slots a table begins with: most hold few things.
const minSlots = 8
