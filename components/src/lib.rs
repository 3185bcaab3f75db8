//! What each entity domain offers.
