"""Writes tests/golden/surveys/: small files of the layouts of surveys for which no sample is at hand, made by the libraries that the surveys use.

    pip install astropy numpy h5py pillow && python tests/golden/make_surveys.py
"""
import gzip
import pathlib

import h5py
import numpy as np
from astropy.io import fits

here = pathlib.Path(__file__).parent / "surveys"
here.mkdir(exist_ok=True)
rng = np.random.default_rng(1)


def tangent_header(ra, dec, scale_arcsec, width, height):
    """A TAN header whose reference is the middle of the image."""
    header = fits.Header()
    header["CTYPE1"], header["CTYPE2"] = "RA---TAN", "DEC--TAN"
    header["CRVAL1"], header["CRVAL2"] = ra, dec
    header["CRPIX1"], header["CRPIX2"] = (width + 1) / 2, (height + 1) / 2
    header["CD1_1"], header["CD1_2"], header["CD2_1"], header["CD2_2"] = -scale_arcsec / 3600, 0.0, 0.0, scale_arcsec / 3600
    return header


def write(name, hdus):
    """FITS without the date that would make every run another file; gzipped where the name says so."""
    path = here / name
    fits.HDUList(hdus).writeto(path.with_suffix(".tmp"), overwrite=True)
    data = path.with_suffix(".tmp").read_bytes()
    path.with_suffix(".tmp").unlink()
    path.write_bytes(gzip.compress(data, mtime=0) if name.endswith(".gz") else data)


# MaNGA: LOGCUBEs of 6 planes with flux 100 k + 10 y + x.
def manga_cube(plateifu, height, width):
    k, y, x = np.meshgrid(np.arange(6), np.arange(height), np.arange(width), indexing="ij")
    primary = fits.PrimaryHDU()
    primary.header["PLATEIFU"], primary.header["OBJRA"], primary.header["OBJDEC"] = plateifu, 217.5, 52.25
    header = tangent_header(217.5, 52.25, 0.5, width, height)
    header["BUNIT"] = "1E-17 erg/s/cm^2/Ang/spaxel"
    ivar = np.full(k.shape, 4, np.float32)
    mask = np.zeros(k.shape, np.int32)
    ivar[0, 0, 1] = 0
    mask[0, 0, 0], mask[0, 0, 2] = 1024, 16
    write(f"manga-{plateifu}-LOGCUBE.fits.gz", [
        primary, fits.ImageHDU((100 * k + 10 * y + x).astype(np.float32), header, name="FLUX"), fits.ImageHDU(ivar, name="IVAR"),
        fits.ImageHDU(mask, name="MASK"), fits.ImageHDU(10 ** (3.6 + 1e-4 * np.arange(6)), name="WAVE"),
        fits.ImageHDU(np.full(k.shape, 0.9, np.float32), name="LSFPOST")])


manga_cube("9999-1901", 4, 5)
manga_cube("9999-12701", 7, 8)


# A cutout of the Legacy Survey's viewer: 2 bands of 6 x 6 with inverse variance and bit masks.
header = tangent_header(150.25, 2.5, 0.262, 6, 6)
header["BANDS"] = "gr"
flux = np.arange(72, dtype=np.float32).reshape(2, 6, 6)
ivar = np.full((2, 6, 6), 4, np.float32)
ivar[1, 0, 0] = 0
bits = np.zeros((6, 6), np.int16)
bits[2, 3] = 1 << 2    # SATUR_G: masks g alone
bits[3, 3] = 1 << 12   # GALAXY: masks nothing
write("legacy-one.fits.gz", [fits.PrimaryHDU(flux, header), fits.ImageHDU(ivar, name="INVVAR"), fits.ImageHDU(bits, name="MASKBITS")])

# HSC: two bands of one object, counts of zero point 27.
for letter, value in (("G", 100.0), ("I", 200.0)):
    primary = fits.PrimaryHDU()
    primary.header["FLUXMAG0"] = 10 ** (27.0 / 2.5)
    mask_header = fits.Header()
    mask_header["MP_BAD"], mask_header["MP_SAT"], mask_header["MP_NO_DATA"] = 0, 1, 8
    mask = np.zeros((5, 5), np.int32)
    mask[0, 0], mask[0, 1] = 1 << 1, 1 << 4   # SAT masks, EDGE does not
    write(f"2-cutout-HSC-{letter}-9813-pdr3.fits.gz", [
        primary, fits.ImageHDU(np.full((5, 5), value, np.float32), tangent_header(149.5, 1.75, 0.168, 5, 5), name="IMAGE"),
        fits.ImageHDU(mask, mask_header, name="MASK"), fits.ImageHDU(np.full((5, 5), 25, np.float32), name="VARIANCE")])

# --- The Multimodal Universe, v1: HDF5 as its build scripts write it.



def spectra(h, n, length, ivar, mask_type, wavelength="spectrum_lambda"):
    h["spectrum_flux"] = np.arange(n * length, dtype=np.float32).reshape(n, length)
    if ivar is not None:
        h["spectrum_ivar"] = ivar
        h["spectrum_mask"] = np.zeros((n, length), mask_type)
    h[wavelength] = np.tile(4000 + 2 * np.arange(length, dtype=np.float32), (n, 1))


with h5py.File(here / "mmu-sdss.hdf5", "w") as h:   # ids as bytes of text, padding of -1, ZWARNING true is a problem
    h["object_id"] = np.array([b"b'   2575025233207519232'", b"b'   301'"])
    h["ra"], h["dec"] = np.array([10.5, 359.9]), np.array([-5.0, 89.0])
    h["healpix"] = np.array([583, 12])
    spectra(h, 2, 8, np.full((2, 8), 2, np.float32), bool)
    h["spectrum_lambda"][0, 6:] = -1
    h["spectrum_mask"][0, 6:] = True
    h["spectrum_ivar"][0, 6:] = 0
    h["spectrum_lsf_sigma"] = np.full((2, 8), 1.5, np.float32)
    h["Z"], h["Z_ERR"] = np.array([0.1, 0.2], np.float32), np.array([1e-4, 2e-4], np.float32)
    h["ZWARNING"] = np.array([False, True])
    h["SPECTROFLUX_R"], h["SPECTROFLUX_IVAR_R"] = np.array([3, 0], np.float32), np.array([4, 0], np.float32)
with h5py.File(here / "mmu-vipers_w4.h5", "w") as h:   # the noise 0.116 of 1e-17 as 1 / (noise 1e34)
    h["object_id"] = np.array([b"404055346.0"])
    h["ra"], h["dec"] = np.array([333.5], np.float32), np.array([1.25], np.float32)
    v = np.full((1, 8), 8.6e-17, np.float32)
    v[0, 3] = -2e-18
    spectra(h, 1, 8, v, np.float32)
    h["REDSHIFT"], h["REDFLAG"], h["EXPTIME"] = np.array([0.7], np.float32), np.array([0.7], np.float32), np.array([2700], np.float32)
with h5py.File(here / "mmu-hsc.hdf5", "w") as h:
    h["object_id"], h["ra"], h["dec"] = np.array(["37484563299062823"], object), np.array([150.0]), np.array([2.0])
    image = np.full((1, 2, 4, 4), 63.0957344, np.float32)   # counts: magnitude 22.5
    h.create_dataset("image_array", data=image, chunks=True, compression="gzip")
    h["image_band"] = np.array([[b"hsc-g", b"hsc-r"]])
    h["image_ivar"], h["image_mask"] = np.full((1, 2, 4, 4), 0.04, np.float32), np.zeros((1, 2, 4, 4), bool)
    h["image_psf_fwhm"], h["image_scale"] = np.array([[0.8, 0.7]], np.float32), np.full((1, 2), 0.168, np.float32)
    h["g_cmodel_mag"] = np.array([21.5], np.float32)
with h5py.File(here / "mmu-legacysurvey.hdf5", "w") as h:   # compressed by LZF, with a neighbour catalogue
    h["object_id"], h["ra"], h["dec"] = np.array([b"12_34", b"12_35"]), np.array([20.0, 21.0]), np.array([-30.0, -31.0])
    image = np.arange(2 * 2 * 16 * 16, dtype=np.float32).reshape(2, 2, 16, 16) % 7
    h.create_dataset("image_array", data=image, chunks=True, compression="lzf")
    h["image_band"] = np.array([[b"des-g", b"des-z"]] * 2)
    h.create_dataset("image_ivar", data=np.full((2, 2, 16, 16), 9, np.float32), chunks=True, compression="lzf")
    h["image_mask"] = np.zeros((2, 2, 16, 16), bool)
    h["image_psf_fwhm"], h["image_scale"] = np.full((2, 2), 1.25, np.float32), np.full((2, 2), 0.262, np.float32)
    h["FLUX_G"], h["FLUX_W1"] = np.array([5, 6], np.float32), np.array([7, 8], np.float32)
    h["catalog_FLUX_G"], h["catalog_X"], h["catalog_Y"] = (np.zeros((2, 20), np.float32) for _ in range(3))
with h5py.File(here / "mmu-jwst-ceers.hdf5", "w") as h:   # image_flux instead of image_array, ids with a random hash
    h["object_id"] = np.array([b"17-8234098230498230"])
    h["ra"], h["dec"] = np.array([214.9]), np.array([52.8])
    h["image_flux"] = np.full((1, 1, 4, 4), 100, np.float32)   # 10 nJy: 1000 nJy
    h["image_band"], h["image_ivar"] = np.array([[b"f200w"]]), np.full((1, 1, 4, 4), 1, np.float32)
    h["image_mask"] = np.zeros((1, 1, 4, 4), bool)
    h["image_psf_fwhm"], h["image_scale"] = np.array([[0.07]], np.float32), np.array([[0.04]], np.float32)
    for name in ("mag_auto", "cxx_image", "cyy_image", "cxy_image", "flux_radius", "flux_auto", "fluxerr_auto"):
        h[name] = np.array([1], np.float32)
with h5py.File(here / "mmu-gz10.h5", "w") as h:
    h["object_id"], h["ra"], h["dec"] = np.array([b"1", b"2", b"1"]), np.array([1.0, 2.0, 1.0]), np.array([3.0, 4.0, 3.0])
    h["rgb_image"] = (np.arange(3 * 4 * 4 * 3) % 256).astype(np.uint8).reshape(3, 4, 4, 3)
    h["gz10_label"], h["redshift"] = np.array([3, 4, 3], np.int32), np.array([0.1, 0.2, 0.1], np.float32)
with h5py.File(here / "mmu-plasticc.hdf5", "w") as h:   # [objects, 6 bands, 3 planes, points], padded by zeros, one object twice
    curves = np.zeros((3, 6, 3, 4), np.float32)
    curves[:, 0, :, :2] = [[59850, 59853], [100, 200], [10, 20]]   # u
    curves[1, 4, :, :1] = [[60000], [-5], [1]]                     # z
    h["object_id"], h["lightcurve"] = np.array([b"615", b"713", b"615"]), curves
    h["ra"], h["dec"] = np.array([1, 2, 1], np.float32), np.array([3, 4, 3], np.float32)
    h["obj_type"], h["redshift"] = np.array([90, 42, 90]), np.array([0.5, 1, 0.5], np.float32)
with h5py.File(here / "mmu-kepler.hdf5", "w") as h:   # [objects, points], padded by NaN
    h["object_id"], h["ra"], h["dec"] = np.array([b"757076"]), np.array([291.04]), np.array([36.6])
    h["time"] = np.array([[131.5, 132.5, np.nan]])
    for name, first in (("pdcsap_flux", 10), ("pdcsap_flux_err", 1), ("sap_flux", 20), ("sap_flux_err", 2)):
        h[name] = np.array([[first, first + 1, np.nan]], np.float32)
with h5py.File(here / "mmu-tess.hdf5", "w") as h:   # [objects, points], padded by zeros
    h["object_id"], h["RA"], h["DEC"] = np.array([b"123"]), np.array([10.0]), np.array([-60.0])
    h["time"], h["flux"] = np.array([[1325.5, 1326.5, 0]]), np.array([[5, 6, 0]], np.float32)
    h["flux_err"], h["quality"] = np.array([[1, 2, 0]], np.float32), np.array([[0, 8, 0]], np.float32)
for name, measured, first in (("cfa3-sn1994ae", "mag", 15), ("ps1_sne_ia-psc000001", "flux", 100)):   # a file an object
    with h5py.File(here / f"mmu-{name}.hdf5", "w") as h:
        h["object_id"], h["obj_type"], h["ra"], h["dec"] = name.split("-")[1], "Ia", 161.7, 17.3
        h["bands"] = np.array([b"B", b"V"])
        h["time"] = np.array([[49700, 49701, 49703], [49700, -99, -99]], np.float32)
        h[measured] = np.array([[first, first + 1, first + 2], [first + 3, -99, -99]], np.float32)
        h[measured + "_err"] = np.array([[1, 2, 3], [4, -99, -99]], np.float32)
with h5py.File(here / "mmu-btsbot.hdf5", "w") as h:   # three stamps an alert, in the last axis
    h["object_id"], h["ra"], h["dec"] = np.array([77]), np.array([10.0]), np.array([20.0])
    h["image_triplet"] = np.arange(1 * 4 * 5 * 3, dtype=np.float32).reshape(1, 4, 5, 3)
    h["magpsf"], h["is_SN"] = np.array([18.5], np.float32), np.array([True])
with h5py.File(here / "everything.h5", "w") as h:   # what the reader must tell apart, and what it must not follow
    h["floats"], h["doubles"] = np.array([1.5, np.nan], np.float32), np.array([[1.25, 2], [3, 4]])
    h["bytes"], h["big"] = np.array([-1, 2], np.int8), np.array([1, 2], ">i8")
    h["flags"], h["fixed"] = np.array([True, False]), np.array([b"ab", b"c"])
    h["texts"], h["scalar"] = np.array(["alpha", "beta \u03b2"], object), 7.0
    h["group/inner"] = np.array([1, 2, 3], np.uint16)
    h["table"] = np.array([(1, 2.5, b"x"), (2, 3.5, b"y")], [("id", "i4"), ("v", "f4"), ("name", "S3")])
    h["link"] = h5py.ExternalLink("mmu-gz10.h5", "/gz10_label")
    h["soft"] = h5py.SoftLink("/floats")
    h["virtual"] = np.array([0])
    del h["virtual"]
    layout = h5py.VirtualLayout(shape=(3,), dtype="i4")
    layout[:] = h5py.VirtualSource("mmu-gz10.h5", "gz10_label", shape=(3,))
    h.create_virtual_dataset("virtual", layout)
with h5py.File(here / "mmu-manga.hdf5", "w") as h:   # 4 spaxels of 5 wavelengths; the mask is the flux, as published
    from astropy.table import Table
    g = h.create_group("8485-1901")
    for name, value in (("object_id", "8485-1901"), ("ra", 232.5), ("dec", 48.5), ("healpix", 7), ("z", 0.04),
                        ("spaxel_size", 0.5), ("spaxel_size_unit", b"arcsec")):
        g.create_dataset(name, data=value)
    flux = np.arange(20, dtype=np.float32).reshape(4, 5)
    ivar = np.full((4, 5), 9, np.float32)
    ivar[2] = 0   # a padded spaxel
    g.create_dataset("spaxels", data=Table([
        {"flux": flux[i], "ivar": ivar[i], "mask": flux[i].astype(np.int64), "lsf_sigma": np.full(5, 0.9, np.float32),
         "lambda": 4000 + np.arange(5, dtype=np.float32), "x": i % 2, "y": i // 2, "spaxel_idx": i,
         "flux_units": b"1E-17 erg/s/cm^2/Ang/spaxel", "lambda_units": b"Angstrom"} for i in range(4)]).as_array())
    g.create_dataset("images", data=Table({"image_band": np.array([b"g", b"r"]), "image_array": np.array([[[1, 2], [0, 4]]] * 2, np.float32),
                                           "image_scale": np.array([0.5, 0.5])}).as_array())
    dont_use = np.full((2, 2), 1073741824, np.float32)
    g.create_dataset("maps", data=Table([
        {"group": b"emline_gvel", "label": b"emline_gvel_ha_6564", "array": np.array([[10, 20], [30, 40]], np.float32),
         "ivar": np.full((2, 2), 0.25, np.float32), "mask": np.array([[0, 1073741824], [0, 0]], np.float32), "array_units": b"km/s"},
        {"group": b"spx_skycoo", "label": b"spx_skycoo_on_sky_x", "array": np.array([[0.25, -0.25], [0.25, -0.25]], np.float32),
         "ivar": np.zeros((2, 2), np.float32), "mask": dont_use, "array_units": b"arcsec"}]).as_array())
