//! Fuzzes `properties/clusters_d.rs`.
#![no_main]

#[path = "../properties/clusters_d.rs"]
mod clusters_d;

libfuzzer_sys::fuzz_target!(|data: &[u8]| clusters_d::holds(data));
