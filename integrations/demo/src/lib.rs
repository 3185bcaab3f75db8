//! A furnished demo home.
