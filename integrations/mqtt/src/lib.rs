#![doc = include_str!("../README.md")]

mod availability;
mod discovery;
mod entity;
mod flow;
mod integration;
mod router;
mod session;
mod settings;
mod value;
mod wire;

pub use integration::Mqtt;
