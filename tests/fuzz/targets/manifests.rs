//! Fuzzes `properties/manifests.rs`.
#![no_main]

#[path = "../properties/manifests.rs"]
mod manifests;

libfuzzer_sys::fuzz_target!(|data: &[u8]| manifests::holds(data));
