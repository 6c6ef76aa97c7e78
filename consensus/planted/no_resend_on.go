//go:build planted_no_resend

package planted

// NoResend makes this mistake: tips are never said again while waiting; when newest blocks are lost, all wait for ever.
const NoResend = true
