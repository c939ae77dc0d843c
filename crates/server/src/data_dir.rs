//! What lies where in the data directory.
//!
//! ```text
//! zegel-data/
//!   zegel.db …          the store's, when it is SQLite
//!   log.key             the log's private key, sealed under the root key
//!   log.vkey            its public half: what verifies receipts
//!   admin.token         who shows it is the operator; mode 0600
//!   admin.url           while a server runs, and locked by it: where its admin API is
//!   first-step.link     while nobody has taken the first step: the one-time link, mode 0600
//! zegel-data.keys/
//!   root.key            the root key, unless it is kept elsewhere; mode 0600 in a 0700 directory
//! ```
//!
//! The root key is never in the data directory: a copy of the one must not be a copy of both.

use std::ffi::OsString;
use std::fs::{DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// The paths of one data directory. Nothing is read or made by naming them.
#[derive(Clone, Debug)]
pub struct DataDir(PathBuf);

impl DataDir {
    /// The directory at `path`.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    /// Makes the directory, closed to other users, if it is not there.
    pub fn make(&self) -> io::Result<()> {
        make_private_directory(&self.0)
    }

    /// The directory itself.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The log's sealed private key.
    pub fn log_key(&self) -> PathBuf {
        self.0.join("log.key")
    }

    /// The log's public key, as text.
    pub fn log_verifier_key(&self) -> PathBuf {
        self.0.join("log.vkey")
    }

    /// The one-time link, for `zegel init` beside a running server.
    pub fn first_step_link(&self) -> PathBuf {
        self.0.join("first-step.link")
    }

    /// The operator's token, unless it is kept elsewhere.
    pub fn admin_token(&self) -> PathBuf {
        self.0.join("admin.token")
    }

    /// Where the admin API of the running server is, for `zegel`'s own commands.
    pub fn admin_url(&self) -> PathBuf {
        self.0.join("admin.url")
    }

    /// Where the root key is kept unless the configuration says otherwise.
    pub fn default_root_key(&self) -> PathBuf {
        // `a/b/` and `a/b` are one directory; `Path` drops the slash with the components.
        let mut name: OsString = self.0.components().collect::<PathBuf>().into();
        name.push(".keys");
        PathBuf::from(name).join("root.key")
    }

    /// Whether anything has ever been sealed for this directory. A new root key would then open
    /// nothing, so none is made.
    pub fn is_in_use(&self) -> bool {
        self.log_key().exists()
    }
}

/// Makes a directory, and those above it, that only its owner can enter. One that is there stays
/// as it is.
pub fn make_private_directory(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// Makes a new file that only its owner can read, with these contents on the disk when it
/// returns. Fails if there is one.
pub fn write_private_file(path: &Path, contents: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(contents)?;
    file.sync_all()?;
    // The name must survive a power cut as well as the contents.
    match path.parent() {
        Some(directory) if !directory.as_os_str().is_empty() => {
            std::fs::File::open(directory)?.sync_all()
        }
        _ => Ok(()),
    }
}

/// Whether others than the owner can read a file. `false` where files have no modes.
pub fn is_open_to_others(path: &Path) -> io::Result<bool> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        Ok(std::fs::metadata(path)?.permissions().mode() & 0o077 != 0)
    }
    #[cfg(not(unix))]
    {
        std::fs::metadata(path).map(|_| false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t98_the_root_key_is_beside_the_data_and_never_in_it() {
        for spelt in ["/var/lib/zegel", "/var/lib/zegel/"] {
            let data = DataDir::new(spelt);
            assert_eq!(
                data.default_root_key(),
                Path::new("/var/lib/zegel.keys/root.key")
            );
            assert!(!data.default_root_key().starts_with(data.path()));
        }
    }

    #[cfg(unix)]
    #[test]
    fn private_files_are_private_and_never_overwritten() {
        use std::os::unix::fs::PermissionsExt;
        let place = tempfile::tempdir().unwrap();
        let directory = place.path().join("a/b");
        make_private_directory(&directory).unwrap();
        assert_eq!(
            std::fs::metadata(&directory).unwrap().permissions().mode() & 0o777,
            0o700
        );
        let file = directory.join("secret");
        write_private_file(&file, b"one").unwrap();
        assert!(!is_open_to_others(&file).unwrap());
        let again = write_private_file(&file, b"two").unwrap_err();
        assert_eq!(again.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(std::fs::read(&file).unwrap(), b"one");
    }
}
