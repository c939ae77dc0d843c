//! WebAuthn ceremonies.
