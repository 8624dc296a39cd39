//! Fuzzes `properties/hook_env.rs`.
#![no_main]

#[path = "../properties/hook_env.rs"]
mod hook_env;

libfuzzer_sys::fuzz_target!(|data: &[u8]| hook_env::holds(data));
