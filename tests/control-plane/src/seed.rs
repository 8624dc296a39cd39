//! What is in etcd once a control plane is ready, to start the next ones with: making it is half of a start.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::builder::ETCD_FOLDER;
use crate::{Builder, Error};

/// The files of etcd's directory, with what Kubernetes makes in an empty cluster and [`SITE`](crate::SITE).
#[derive(Debug)]
pub struct Seed {
    files: Vec<Seeded>,
}

#[derive(Debug)]
struct Seeded {
    /// Below etcd's directory.
    path: PathBuf,
    /// Without the zeros at its end: etcd allocates 64 MB for a log of some kilobytes.
    content: Vec<u8>,
    length: u64,
}

impl Seed {
    /// The seed of this process; `None` for the first control plane, since many processes need no second one.
    pub fn of_this_process() -> Result<Option<Arc<Self>>, Error> {
        static STARTS: AtomicUsize = AtomicUsize::new(0);
        static SEED: Mutex<Option<Arc<Seed>>> = Mutex::new(None);
        if STARTS.fetch_add(1, Ordering::Relaxed) == 0 {
            return Ok(None);
        }
        let mut seed = SEED.lock().unwrap_or_else(PoisonError::into_inner);
        if seed.is_none() {
            *seed = Some(Arc::new(Self::grow()?));
        }
        Ok(seed.clone())
    }

    fn grow() -> Result<Self, Error> {
        let plane = Builder::default().without_controller_manager().start_from(None)?;
        let folder = plane.stop();
        let etcd = folder.path().join(ETCD_FOLDER);
        let mut files = Vec::new();
        gather(&etcd, Path::new(""), &mut files).map_err(Error::file("read", &etcd))?;
        Ok(Self { files })
    }

    /// Writes the files into etcd's directory.
    pub fn plant(&self, etcd: &Path) -> Result<(), Error> {
        let all = || {
            for file in &self.files {
                let path = etcd.join(&file.path);
                fs::create_dir_all(path.parent().unwrap_or(etcd))?;
                let mut written = File::create(path)?;
                written.write_all(&file.content)?;
                written.set_len(file.length)?;
            }
            Ok(())
        };
        all().map_err(Error::file("write", etcd))
    }
}

fn gather(etcd: &Path, below: &Path, files: &mut Vec<Seeded>) -> io::Result<()> {
    for entry in fs::read_dir(etcd.join(below))? {
        let entry = entry?;
        let path = below.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            gather(etcd, &path, files)?;
        } else if path.extension().is_none_or(|end| end != "tmp") {
            let mut content = fs::read(entry.path())?;
            let length = content.len() as u64;
            let end = content.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
            content.truncate(end);
            content.shrink_to_fit();
            files.push(Seeded { path, content, length });
        }
    }
    Ok(())
}
