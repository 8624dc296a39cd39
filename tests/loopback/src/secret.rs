//! Secrets for servers that every user of the machine can connect to.

use std::fs::File;
use std::io::Read;

use crate::Error;

/// 128 random bits in hexadecimal digits.
pub fn random_secret() -> Result<String, Error> {
    let mut bytes = [0; 16];
    File::open("/dev/urandom")
        .and_then(|mut source| source.read_exact(&mut bytes))
        .map_err(Error::Random)?;
    Ok(format!("{:032x}", u128::from_ne_bytes(bytes)))
}
