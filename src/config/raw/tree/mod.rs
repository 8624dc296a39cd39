//! YAML as a tree with the line of everything: typed scalars as Ruby has them, and the last of doubled keys.

mod node;
mod reader;
mod scalar;

pub use node::{Map, Node, Scalar, Value};
pub use reader::{read, read_all, read_with_ruby, Documents, Torn};
pub use scalar::Ruby;
