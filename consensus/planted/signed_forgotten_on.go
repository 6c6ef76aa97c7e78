//go:build planted_signed_forgotten

package planted

// SignedForgotten: a restart forgets the last own block; the member signs its round again.
const SignedForgotten = true
