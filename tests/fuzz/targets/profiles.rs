//! Fuzzes `properties/profiles.rs`.
#![no_main]

#[path = "../properties/profiles.rs"]
mod profiles;

libfuzzer_sys::fuzz_target!(|data: &[u8]| profiles::holds(data));
