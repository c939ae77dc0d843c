//! Stamps
