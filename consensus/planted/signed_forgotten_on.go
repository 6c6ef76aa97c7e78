//go:build planted_signed_forgotten

package planted

// SignedForgotten makes this mistake: a restart forgets the last own block; the member signs its round again.
const SignedForgotten = true
