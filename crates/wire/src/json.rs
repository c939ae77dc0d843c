//! Strict JSON
