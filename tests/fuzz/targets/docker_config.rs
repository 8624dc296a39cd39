//! Fuzzes `properties/docker_config.rs`.
#![no_main]

#[path = "../properties/docker_config.rs"]
mod docker_config;

libfuzzer_sys::fuzz_target!(|data: &[u8]| docker_config::holds(data));
