//! Where the admin API is, written down for `zegel`'s own commands while the server runs.
//!
//! The file is locked as long as the server lives. One that a crash left behind is not: whoever
//! listens at that address by now must not be shown the token.

use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use crate::data_dir::write_private_file;

/// The address of a server that runs, on the disk.
pub struct WrittenUrl {
    place: PathBuf,
    url: String,
    _lock: File,
}

impl WrittenUrl {
    /// Writes the address down, over one that a crash left behind.
    pub fn write(place: PathBuf, url: String) -> io::Result<Self> {
        forget(&place)?;
        write_private_file(&place, format!("{url}\n").as_bytes())?;
        let lock = File::open(&place)?;
        lock.lock()?;
        Ok(Self {
            place,
            url,
            _lock: lock,
        })
    }

    /// Removes it, unless another server on the same directory has written its own since.
    pub fn forget(self) -> io::Result<()> {
        match std::fs::read_to_string(&self.place) {
            Ok(text) if text.trim_end() == self.url => forget(&self.place),
            _ => Ok(()),
        }
    }
}

/// The address of the server that runs, if one does that wrote it here.
pub fn read(place: &Path) -> io::Result<Option<String>> {
    let file = match File::open(place) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    match file.try_lock_shared() {
        Err(TryLockError::WouldBlock) => {
            let url = io::read_to_string(file)?;
            Ok(Some(url.trim_end().to_owned()))
        }
        Ok(()) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

fn forget(place: &Path) -> io::Result<()> {
    match std::fs::remove_file(place) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_counts_as_long_as_its_server_lives() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("admin.url");
        let url = "http://127.0.0.1:8081";
        assert_eq!(read(&place).unwrap(), None);
        let written = WrittenUrl::write(place.clone(), url.to_owned()).unwrap();
        assert_eq!(read(&place).unwrap().as_deref(), Some(url));
        // As a crash leaves it.
        drop(written);
        assert!(place.exists());
        assert_eq!(read(&place).unwrap(), None);
        let written = WrittenUrl::write(place.clone(), url.to_owned()).unwrap();
        assert_eq!(read(&place).unwrap().as_deref(), Some(url));
        written.forget().unwrap();
        assert!(!place.exists());
    }

    #[test]
    fn a_server_removes_nobody_elses_address() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("admin.url");
        let one = WrittenUrl::write(place.clone(), "http://127.0.0.1:1".to_owned()).unwrap();
        let other = WrittenUrl::write(place.clone(), "http://127.0.0.1:2".to_owned()).unwrap();
        one.forget().unwrap();
        assert_eq!(read(&place).unwrap().as_deref(), Some("http://127.0.0.1:2"));
        other.forget().unwrap();
        assert!(!place.exists());
    }
}
