//go:build planted_certificate_in_store

package planted

// CertificateInStore makes this mistake: the indirect rule takes any certificate in the store, not only those in the anchor's history; stores differ.
const CertificateInStore = true
