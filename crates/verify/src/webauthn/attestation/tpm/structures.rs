//! The two TPM structures of a statement (TPM 2.0 Library, part 2): `TPMT_PUBLIC` (§12.2.4) and
//! `TPMS_ATTEST` (§10.12.8). Everything is big-endian; a `TPM2B` is a 16-bit length and bytes.

/// A public area.
pub(super) struct PublicArea<'a> {
    /// The `TPM_ALG_ID` of the hash that names the object.
    pub name_algorithm: u16,
    pub id: PublicId<'a>,
}

/// The parameters and unique identifier of a key, as far as they say which key it is.
pub(super) enum PublicId<'a> {
    Rsa {
        exponent: u32,
        modulus: &'a [u8],
    },
    Ecc {
        curve: u16,
        x: &'a [u8],
        y: &'a [u8],
    },
}

pub(super) enum PublicAreaError {
    Malformed,
    UnknownType,
}

/// A certification: what the TPM signed.
pub(super) struct CertInfo<'a> {
    pub extra_data: &'a [u8],
    /// The name of the certified object.
    pub name: &'a [u8],
}

pub(super) enum CertInfoError {
    Malformed,
    Magic,
    Type,
}

impl<'a> PublicArea<'a> {
    pub(super) fn parse(bytes: &'a [u8]) -> Result<Self, PublicAreaError> {
        let mut reader = Reader(bytes);
        let kind = reader.u16().ok_or(PublicAreaError::Malformed)?;
        let read = match kind {
            TPM_ALG_RSA => Self::read(&mut reader, Reader::rsa),
            TPM_ALG_ECC => Self::read(&mut reader, Reader::ecc),
            _ => return Err(PublicAreaError::UnknownType),
        };
        read.filter(|_| reader.0.is_empty())
            .ok_or(PublicAreaError::Malformed)
    }

    fn read(
        reader: &mut Reader<'a>,
        id: impl FnOnce(&mut Reader<'a>) -> Option<PublicId<'a>>,
    ) -> Option<Self> {
        let name_algorithm = reader.u16()?;
        reader.u32()?; // objectAttributes
        reader.sized()?; // authPolicy
        Some(Self {
            name_algorithm,
            id: id(reader)?,
        })
    }
}

impl<'a> CertInfo<'a> {
    pub(super) fn parse(bytes: &'a [u8]) -> Result<Self, CertInfoError> {
        let mut reader = Reader(bytes);
        let magic = reader.u32().ok_or(CertInfoError::Malformed)?;
        let kind = reader.u16().ok_or(CertInfoError::Malformed)?;
        if magic != TPM_GENERATED_VALUE {
            return Err(CertInfoError::Magic);
        }
        if kind != TPM_ST_ATTEST_CERTIFY {
            return Err(CertInfoError::Type);
        }
        Self::read(&mut reader)
            .filter(|_| reader.0.is_empty())
            .ok_or(CertInfoError::Malformed)
    }

    fn read(reader: &mut Reader<'a>) -> Option<Self> {
        reader.sized()?; // qualifiedSigner
        let extra_data = reader.sized()?;
        reader.take(8 + 4 + 4 + 1)?; // clockInfo
        reader.take(8)?; // firmwareVersion
        let name = reader.sized()?;
        reader.sized()?; // qualifiedName
        Some(Self { extra_data, name })
    }
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn rsa(&mut self) -> Option<PublicId<'a>> {
        self.symmetric()?;
        self.scheme()?;
        self.u16()?; // keyBits
        // Zero stands for the default exponent (§12.2.3.5).
        let exponent = match self.u32()? {
            0 => 65537,
            exponent => exponent,
        };
        Some(PublicId::Rsa {
            exponent,
            modulus: self.sized()?,
        })
    }

    fn ecc(&mut self) -> Option<PublicId<'a>> {
        self.symmetric()?;
        self.scheme()?;
        let curve = self.u16()?;
        self.scheme()?; // kdf
        Some(PublicId::Ecc {
            curve,
            x: self.sized()?,
            y: self.sized()?,
        })
    }

    /// `TPMT_SYM_DEF_OBJECT`: key bits and mode follow unless there is no algorithm.
    fn symmetric(&mut self) -> Option<()> {
        match self.u16()? {
            TPM_ALG_NULL => Some(()),
            _ => self.take(4).map(|_| ()),
        }
    }

    /// An asymmetric or key derivation scheme: a hash follows, except where there is none, and
    /// for ECDAA a counter besides.
    fn scheme(&mut self) -> Option<()> {
        match self.u16()? {
            TPM_ALG_NULL | TPM_ALG_RSAES => Some(()),
            TPM_ALG_ECDAA => self.take(4).map(|_| ()),
            _ => self.take(2).map(|_| ()),
        }
    }

    fn u16(&mut self) -> Option<u16> {
        let (bytes, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(u16::from_be_bytes(*bytes))
    }

    fn u32(&mut self) -> Option<u32> {
        let (bytes, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(u32::from_be_bytes(*bytes))
    }

    fn sized(&mut self) -> Option<&'a [u8]> {
        let length = self.u16()?;
        self.take(usize::from(length))
    }

    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }
}

const TPM_ALG_RSA: u16 = 0x0001;
const TPM_ALG_NULL: u16 = 0x0010;
const TPM_ALG_RSAES: u16 = 0x0015;
const TPM_ALG_ECDAA: u16 = 0x001a;
const TPM_ALG_ECC: u16 = 0x0023;
const TPM_GENERATED_VALUE: u32 = 0xff54_4347;
const TPM_ST_ATTEST_CERTIFY: u16 = 0x8017;
