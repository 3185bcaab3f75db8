//! The homes, policies and questions that engines are measured with; the same for ours and for others.

pub mod rng;
pub mod world;
