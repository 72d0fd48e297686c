"""What several figures of bench/figure_table.py share: data sets, questions, and how folds, bands and grids are judged."""

COSMOS = [f"flux_cosmos_{b}" for b in "u b v g r ic z j k".split()]


FLUXES = "flux_g,flux_r,flux_i,flux_z"
SUBSETS = ["spectrum_desi", "image_legacy", FLUXES, f"image_legacy,{FLUXES}", f"spectrum_desi,{FLUXES}", "spectrum_desi,image_legacy"]
JOINT_PAIRS = ["flux_r,redshift", "flux_g,flux_r", "flux_r,flux_z", "flux_g,redshift"]
NEIGHBOURS = ["--mock", "1250000", "--mock-scalars", "--mock-sky", "77", "--test-limit", "10000", "--question", "calibration", "--batch-size",
              "4096"]
IMAGES = ["--question", "image_reconstruction"]
SPECTRA = ["--question", "spectrum_reconstruction"]
CUBES = ["--question", "cube_reconstruction"]
DINO_TRUTH = ["redshift", "log_stellar_mass", "half_light_radius", "sersic_n", "object_class"]
BANDS = {f"{sky}_{survey}": ["data", "mock", survey, "--objects", str(objects), "--seed", str(first + i)]
         for sky, objects, first in (("bands", 1200, 21), ("fresh", 300, 121)) for i, survey in enumerate(("legacy", "sdss", "hsc", "euclid"))}
# Objects that a small codec can keep to a few times their noise: r of 20 to 23.
FAINT = {f"faint_{survey}": ["data", "mock", survey, "--objects", "1200", "--seed", str(31 + i), "--set", "r_spectroscopic=20", "--set",
                             "spectroscopic_share=0"] for i, survey in enumerate(("legacy", "sdss", "hsc", "euclid"))}
# The same objects, and as many to learn trivial codecs from, through a PSF of 1.5 and of 0.7 times the width.
SEEINGS = {f"{sky}_legacy_{factor}": ["data", "mock", "legacy", "--objects", str(objects), "--seed", str(seed), "--set", f"seeing={factor}"]
           for sky, objects, seed in (("bands", 800, 21), ("fresh", 300, 121)) for factor in (1.5, 0.7)}
SDSS = {"mock_sdss": ["data", "mock", "sdss", "--objects", "20000", "--seed", "3"], "boss": ["data", "import", "boss", "{real}/boss"]}
MOCK_QUASARS = {"mock_quasars": ["data", "mock", "sdss", "--objects", "6000", "--seed", "5", *(x for key in (
    "galaxy_weight=0", "star_weight=0", "r_spectroscopic=22", "r_faint=22", "spectroscopic_share=1") for x in ("--set", key))]}
MOCK_STARS = {"mock_stars": ["data", "mock", "sdss", "--objects", "8000", "--seed", "4", "--set", "galaxy_weight=0", "--set",
                             "quasar_weight=0", "--set", "r_spectroscopic=18", "--set", "spectroscopic_share=1"]}
STARS = {"stars": ["data", "import", "sdss_stars", "{real}/sdss_stars"]}
DEEP2 = {"mock_deep2": ["data", "mock", "hst", "deimos", "--objects", "6000", "--seed", "6", *(x for key in (
    "galaxy_weight=1", "star_weight=0", "quasar_weight=0", "r_bright=18.5", "r_spectroscopic=22.5", "spectroscopic_share=1") for x in (
    "--set", key))], "deep2": ["data", "import", "deep2_hst", "{real}/deep2_hst"]}
GRIDS = {"mock_grids": ["data", "mock", "sdss", "desi", "vipers", "slitless", "--objects", "4000", "--seed", "41"],
         "mock_grids_faint": ["data", "mock", "vipers", "slitless", "--objects", "1500", "--seed", "42", *(x for key in (
             "r_bright=20", "r_spectroscopic=22.5", "r_faint=22.5", "spectroscopic_share=1") for x in ("--set", key))]}
REAL = {name: ["data", "import", survey, f"{{real}}/{survey}"] for name, survey in (
    ("blends", "hsc_sim_blends"), ("stars", "sdss_stars"), ("deep2", "deep2_hst"), ("boss", "boss"), ("desi", "desi"), ("manga", "manga"))} | {
    "mock_deimos": ["data", "mock", "deimos", "--objects", "1200", "--seed", "6", *(x for key in (
        "galaxy_weight=1", "star_weight=0", "quasar_weight=0", "r_bright=18.5", "r_spectroscopic=22.5", "spectroscopic_share=1") for x in (
        "--set", key))]}
EVERYTHING = {"mock": ["data", "mock", "legacy", "desi", "--objects", "12000", "--seed", "1"]}
# How encoders are judged by the truth of mock galaxies: of half of the objects, which all methods share.
TRUTH = ["{data}/mock", "--label", "redshift,log_stellar_mass,object_class", "--require", "object_class=0", "--limit", "6000"]
MASKED_IMAGE = dict(
    sentence="redshift and mass of mock galaxies from encoders of images that learned from hidden patches, one of pixels alone and one that "
             "reads and rebuilds the light of whole patches too",
    data=EVERYTHING, train=["masked_image_tiny", "masked_image_sums"],
    judge=[dict(run=run, name=name, trivial=name == "pixels", words=["evaluate", "{run}", *TRUTH, "--question", "knn,linear_probe"])
           for run, name in (("masked_image_tiny", "pixels"), ("masked_image_sums", "pixels and sums"))])
SUPERNOVAE = ["data", "import", "supernovae", "{real}/supernovae"]
VARIABLES = [x for key in (  # of the mock sky: as many of each type as a head can learn from
    "supernova_ia_share=0.25", "core_collapse_share=0.45", "rr_lyrae_share=0.5", "eclipsing_share=0.4", "variable_quasar_share=0.9",
    "star_weight=0.6", "galaxy_weight=1.6", "quasar_weight=0.2") for x in ("--set", key)]
TYPES = ["data", "mock", "ztf", "--objects", "12000", "--seed", "43", *VARIABLES, "--set", "r_spectroscopic=18.9", "--set", "r_faint=19"]
CURVES = ["--question", "light_curve_reconstruction", "--question", "linear_probe"]
FOLDS = range(5)


def of_folds(recipe, what, dataset, *more):
    """Runs of five folds, and how they are judged: every object once, by the run that never saw it (bench/pooled.py)."""
    runs = {f"{recipe}_{k}": (recipe, [f"data.fold={k}"]) for k in FOLDS}
    judged = [dict(run=f"{recipe}_{k}", name=f"{what}, fold {k}", pool=what, words=[
        "evaluate", "{run}", f"{{data}}/{dataset}", "--question", "retrieval", "--test", f"test@{k}", "--train",
        f"train+validation@{k}", *more]) for k in FOLDS]
    return dict(train=[], beside=runs, judge=judged)


def everything_judged():
    """What a model of images, spectra, fluxes, redshift and mass is asked: each number given each, pairs, draws."""
    of = ["evaluate", "{run}", "{data}/mock", "--label", "redshift,log_stellar_mass"]
    return [[*of[:3], "--label", "redshift", "--label", "log_stellar_mass", *(x for one in SUBSETS for x in ("--given", one)), "--question",
             "photo_z,calibration,gain,signal_to_noise,joint", *(x for pair in JOINT_PAIRS[:3] for x in ("--pair", pair))],
            dict(name="redshift and mass together", words=[
                *of, "--question", "joint_calibration", "--joint", "redshift,log_stellar_mass",
                *(x for one in SUBSETS[:3] for x in ("--given", one)), "--test-limit", "400"]),
            dict(name="drawn", words=[*of, "--question", "drawn", "--rebuild-limit", "200"])]


def bands_judged(kind, by_name, sky, test, limit):
    """How tokenizers of several surveys are judged: run, name of the judgement, words."""
    judged = []

    def add(run, what, survey, *more):
        judged.append(dict(run=f"{kind}_{run}", name=f"{run}: {what}", trivial=False, words=[
            "evaluate", "{run}", f"{{data}}/{sky}_{survey}", "--modality", f"image_{survey}", "--limit", limit, "--rebuild-limit", "240",
            "--train", "validation", "--test", test, *IMAGES, *more]))

    def posing(bands, names):
        return [x for band, name in zip(bands, names) for x in ("--read-as", f"{band}={name}")]

    euclid, stand_ins = [f"euclid-{b}" for b in ("vis", "y", "j", "h")], {"des": "griz", "hsc": "grzy"}
    for run in ("all", "physical", *by_name):
        add(run, "legacy, seen", "legacy")
        add(run, "legacy, pixels joined 2 x 2", "legacy", "--bin", "2")
    for run in ("all", "physical"):
        add(run, "hsc, i as it is", "hsc")
        add(run, "euclid as it is", "euclid")
    for run in by_name:
        for name in ("des-i", "sdss-i"):
            add(run, f"hsc, i read as {name}", "hsc", *posing(["hsc-i"], [name]))
        for survey, bands in stand_ins.items():
            add(run, f"euclid read as {survey}", "euclid", *posing(euclid, [f"{survey}-{b}" for b in bands]))
    return judged


def seeings_judged():
    """A tokenizer of sources in another seeing: told it, told the usual one; beside trivial codecs of the usual seeing, and of this one."""
    judged = []

    def add(what, data, learned, *more):
        judged.append(dict(name=what, trivial=learned is not None, words=[
            "evaluate", "{run}", f"{{data}}/fresh_legacy{data}", "--modality", "image_legacy", "--limit", "800", "--test-limit", "240",
            "--rebuild-limit", "800", "--test", "all", *IMAGES, *more,
            *(["--learn-from", f"{{data}}/bands_legacy{learned}"] if learned is not None else ["--train", "validation"])]))

    usual = [x for band, width in zip("griz", (1.29, 1.18, 1.13, 1.11)) for x in ("--psf", f"des-{band}={width}")]
    add("usual seeing", "", "")
    for factor in ("1.5", "0.7"):
        add(f"seeing times {factor}", f"_{factor}", "")
        add(f"seeing times {factor}, told the usual", f"_{factor}", None, *usual)
        add(f"seeing times {factor}, trivial codecs of it", f"_{factor}", f"_{factor}")
    return judged


def grids_judged():
    """Surveys of the mock sky by the tokenizer that reads line spread, and by one that does not."""
    mock = [(f"mock {survey}", "mock_grids", survey) for survey in ("sdss", "desi", "vipers", "slitless")]
    mock += [(f"mock {survey}, faint", "mock_grids_faint", survey) for survey in ("vipers", "slitless")]
    return [dict(run=run, name=f"{name}{said}", trivial=not said, words=[
                "evaluate", "{run}", f"{{data}}/{data}", "--modality", f"spectrum_{survey}", "--label", "redshift", "--rebuild-limit", "600",
                *SPECTRA])
            for run, said in (("spectrum_grids", ""), ("spectrum_grids_blind", ", line spread not read")) for name, data, survey in mock]


def real_judged():
    """Real observations (the blends are simulated by others) through tokenizers of mock ones. Trivial codecs learn from mock spectra, of
    BOSS from the other real ones; where there is nothing of that kind, larger pixels are made for what is judged."""
    counts = [x for band, zero_point in (("f606w", 26.486), ("f814w", 25.937)) for x in (
        "--zero-point", f"hst-acs-{band}={zero_point}", "--psf", f"hst-acs-{band}=0.1")]
    images = [("SDSS stamps", "stars", "sdss", []), ("HST cutouts", "deep2", "hst", counts),
              ("HST cutouts, pixels joined 3 x 3", "deep2", "hst", ["--bin", "3", *counts]), ("HSC blends", "blends", "hsc", [])]
    mock = ["--test", "all", "--rebuild-limit", "600", "--learn-from"]
    spectra = [("BOSS", "boss", "sdss", []), ("SDSS stars", "stars", "sdss", [*mock, "{data}/mock_grids"]),
               ("DESI", "desi", "desi", [*mock, "{data}/mock_grids"]), ("MaNGA", "manga", "manga", ["--test", "all"]),
               ("DEIMOS", "deep2", "deimos", [*mock, "{data}/mock_deimos", "--counts-as", "1e-19 erg/s/cm^2/Angstrom"])]
    return [dict(run="scenes_physical", name=name, words=[
                "evaluate", "{run}", f"{{data}}/{data}", "--modality", f"image_{survey}", "--test", "all", *IMAGES, *more])
            for name, data, survey, more in images] + [dict(run="spectrum_grids", name=name, words=[
                "evaluate", "{run}", f"{{data}}/{data}", "--modality", f"spectrum_{survey}", "--label", "redshift", *SPECTRA, *more])
            for name, data, survey, more in spectra]


# Settings of zcosmos_photoz by how fluxes go in; tokens have no group whose mean they could be seen beside.
COSMOS_INPUTS = {
    "values": [],
    "tokens": [f"model.modalities.{band}.{key}" for band in COSMOS for key in ("input='tokens'", "group=''")],
    "both": [f"model.modalities.{band}.input='both'" for band in COSMOS]}
