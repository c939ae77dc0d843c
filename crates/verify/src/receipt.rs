//! Offline verification of receipts.
