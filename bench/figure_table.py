"""The figures that bench/figures.py makes: data, recipes, how they are judged, and beside what."""
from figure_parts import (BANDS, COSMOS, COSMOS_INPUTS, CUBES, CURVES, DEEP2, DINO_TRUTH, EVERYTHING, FAINT, FLUXES, GRIDS, IMAGES, JOINT_PAIRS,
                          MASKED_IMAGE, MOCK_QUASARS, MOCK_STARS, NEIGHBOURS, REAL, SDSS, SEEINGS, STARS, SUBSETS, SUPERNOVAE, TRUTH, TYPES, VARIABLES,
                          bands_judged, everything_judged, grids_judged, of_folds, real_judged, seeings_judged)

# name -> (sentence, data sets to make, recipes to train in order, how to judge, peer)
# What "beside" names is a recipe with settings of its own: it is trained after the others, of each seed.
# What "curves" names is a run of several models, its parts, whose answers the peer gets instead of the words of "predict". Data that no
# command makes are made by a script of bench/peers; "predicted" is how the answers are called where another figure asks the same runs.
# {run} is the last run of the seed, {data} the folder of the data sets, {real} that of the real data. A judgement is the words
# of a command, or a dict of these, a name, the recipe whose run is judged, and whether trivial codecs are judged beside it.
FIGURES = {
    "mock_photoz": dict(
        sentence="p(z | g r i z) of the mock sky against neighbours among 10^6 draws, 20,000 held-out objects of another sky",
        train=["scalars_redshift"],
        judge=[["evaluate", "{run}", "--mock", "1250000", "--mock-scalars", "--mock-sky", "77", "--test-limit", "20000",
                "--label", "redshift", "--question", "calibration", "--batch-size", "4096"]]),
    "aion_photoz": dict(
        sentence="p(z | g r i z) by a small model of AION-1's own architecture from tokens, beside neighbours among 10^6 draws",
        train=["aion_tiny"],
        judge=[["evaluate", "{run}", *NEIGHBOURS, "--label", "redshift", "--given", "flux_r", "--given", "flux_g,flux_r"]]),
    "add_modality": dict(
        sentence="two infrared bands brought to a model of g r i z that is trained: p(z | g r i z) before and after, p(z | all six), beside "
                 "as many steps from nothing, objects of another sky",
        train=["scalars_redshift", "add_modality"],
        beside={"six_bands": ("add_modality", ["train.init=''", "train.new_first=0", "train.learning_rate=1e-3"])},
        judge=[dict(run=run, name=name, trivial=name == "brought in", words=[
            "evaluate", "{run}", *NEIGHBOURS, "--label", "redshift", *(x for one in given for x in ("--given", one))])
            for run, name, given in (("scalars_redshift", "before", []), ("add_modality", "brought in", [FLUXES]),
                                     ("six_bands", "from nothing", [FLUXES]))]),
    "scalars_joint": dict(
        sentence="four fluxes, redshift and mass of the mock sky as one joint distribution: pairs factored both ways; each given any others, "
                 "beside neighbours among 10^6 draws, objects of another sky",
        train=["scalars_joint"],
        judge=[dict(name="pairs", words=["evaluate", "{run}", "--mock", "60000", "--mock-scalars", "--mock-sky", "78", "--label", "redshift",
                                         "--question", "joint", "--batch-size", "4096",
                                         *[x for pair in JOINT_PAIRS for x in ("--pair", pair)]]),
               dict(name="redshift and mass", words=["evaluate", "{run}", *NEIGHBOURS, "--label", "redshift", "--label", "log_stellar_mass",
                                                     "--given", "flux_r", "--given", "flux_g,flux_r", "--given", "flux_g,flux_r,flux_i"]),
               dict(name="flux_i", words=["evaluate", "{run}", *NEIGHBOURS, "--label", "flux_i", "--label", "redshift", "--label",
                                          "log_stellar_mass", "--given", "flux_r", "--given", "flux_r,flux_z"])]),
    "joint_calibration": dict(
        sentence="redshift and a flux of the mock sky drawn together by scalars_joint: TARP and energy score, 1,000 test objects of another sky",
        train=["scalars_joint"],
        judge=[["evaluate", "{run}", "--mock", "300000", "--mock-scalars", "--mock-sky", "78", "--label", "redshift,flux_i", "--question",
                "joint_calibration", "--joint", "redshift,flux_i", "--given", "flux_r", "--batch-size", "4096"]]),
    "spectrum_redshift": dict(
        sentence="redshift of mock galaxies from DESI-like spectra, by signal-to-noise",
        data={"mock_desi": ["data", "mock", "desi", "--objects", "30000", "--seed", "2"]},
        train=["spectrum_redshift"],
        judge=[["evaluate", "{run}", "{data}/mock_desi", "--label", "redshift", "--label", "object_class", "--require",
                "object_class=0", "--question", "signal_to_noise", "--question", "calibration"]]),
    "retrieval": dict(
        sentence="image and spectrum of the same mock object among 1,000 pairs, and among 10,000 of another sky",
        data={"mock": ["data", "mock", "legacy", "desi", "--objects", "12000", "--seed", "1"]},
        train=["contrastive_small"],
        judge=[dict(name="1,000 pairs", words=["evaluate", "{run}", "{data}/mock", "--label", "redshift", "--question", "retrieval"]),
               dict(name="10,000 pairs", words=["evaluate", "{run}", "--mock", "72000", "--mock-survey", "legacy,desi", "--mock-sky",
                                                "77", "--pairs", "10000", "--label", "redshift", "--question", "retrieval"])]),
    "alignment": dict(
        sentence="redshift and mass of mock galaxies by neighbours and linear maps: from encoders of images and of spectra that never saw "
                 "each other's data, the same brought together, labels on one asked of the other, photometry alone",
        data={"mock": ["data", "mock", "legacy", "desi", "--objects", "12000", "--seed", "1"]},
        train=["masked_image_tiny", "masked_spectrum_tiny", "aligned_tiny"],
        beside={"aligned_tiny_common": ("aligned_tiny", ["model.own_weight=0"])},
        judge=[dict(run="masked_image_tiny", name="image alone", words=["evaluate", "{run}", *TRUTH, "--question", "knn,linear_probe"]),
               dict(run="masked_spectrum_tiny", name="spectrum alone", words=["evaluate", "{run}", *TRUTH, "--question", "knn,linear_probe"]),
               dict(run="aligned_tiny_common", name="aligned, the common space alone", words=[
                   "evaluate", "{run}", *TRUTH, "--question", "knn,linear_probe,cross_modal,retrieval,information"]),
               dict(run="aligned_tiny", name="aligned", trivial=False, words=[
                   "evaluate", "{run}", *TRUTH, "--question", "knn,linear_probe,cross_modal,retrieval"])]),
    "cross_modal": dict(
        sentence="redshift and mass of mock galaxies from the small networks of `retrieval`, that learned from pairs alone: from images, from "
                 "spectra, labels on one asked of the other",
        data=EVERYTHING, train=["contrastive_small"],
        judge=[["evaluate", "{run}", *TRUTH, "--question", "knn,linear_probe,cross_modal"]]),
    "masked_image": MASKED_IMAGE,
    "supervised": dict(
        sentence="redshift and mass of mock galaxies from an image or a spectrum by a network of the size of the encoders of `alignment`, "
                 "learned from labels alone",
        data={"mock": ["data", "mock", "legacy", "desi", "--objects", "12000", "--seed", "1"]},
        train=["supervised_tiny"],
        judge=[["evaluate", "{run}", *TRUTH, "--given", "image_legacy", "--given", "spectrum_desi", "--question",
                "calibration,knn,linear_probe"]]),
    "masked_spectrum": dict(
        sentence="hidden stretches of held-out DESI-like spectra of the mock sky rebuilt, beside principal components laid on what is seen",
        data={"mock": ["data", "mock", "legacy", "desi", "--objects", "12000", "--seed", "1"]},
        train=["masked_spectrum_tiny"],
        judge=[["evaluate", "{run}", "{data}/mock", "--label", "redshift", "--question", "hidden_stretches", "--rebuild-limit", "2500"]]),
    "masked_spectrum_small": dict(
        sentence="the same by a model that learns what a straight line across the gap leaves; redshift and mass from its vectors",
        data={"mock": ["data", "mock", "legacy", "desi", "--objects", "12000", "--seed", "1"]},
        train=["masked_spectrum_small"],
        judge=[["evaluate", "{run}", "{data}/mock", "--label", "redshift", "--question", "hidden_stretches", "--rebuild-limit", "2500"],
               ["evaluate", "{run}", *TRUTH, "--question", "knn,linear_probe"]]),
    "specformer": dict(
        sentence="the same stretches rebuilt by SpecFormer's architecture, and by templates; redshift and mass from SpecFormer's vectors",
        data={"mock": ["data", "mock", "legacy", "desi", "--objects", "12000", "--seed", "1"]},
        train=["specformer_tiny"],
        beside={"templates_mock": ("spectrum_templates", ["data.datasets=['{data}/mock']"])},
        judge=[dict(run=run, name=name, trivial=trivial, words=["evaluate", "{run}", "{data}/mock", "--label", "redshift", "--question",
                                                                "hidden_stretches", "--rebuild-limit", "2500"])
               for run, name, trivial in (("specformer_tiny", "SpecFormer", True), ("templates_mock", "templates", False))]
              + [dict(run="specformer_tiny", name="vectors", words=["evaluate", "{run}", *TRUTH, "--question", "knn,linear_probe"])]),
    "causal_spectrum": dict(
        sentence="a spectrum transformer that sees shorter wavelengths alone beside one that looks both ways: hidden stretches, redshift and "
                 "mass from its vectors",
        data={"mock": ["data", "mock", "legacy", "desi", "--objects", "12000", "--seed", "1"]},
        train=["masked_spectrum_tiny"],
        beside={"masked_spectrum_causal": ("masked_spectrum_tiny", ["model.causal=true"])},
        judge=[dict(run=run, name=name, trivial=trivial, words=["evaluate", "{run}", *TRUTH, "--question", "hidden_stretches,knn,linear_probe",
                                                                "--rebuild-limit", "2500"])
               for run, name, trivial in (("masked_spectrum_tiny", "both ways", True), ("masked_spectrum_causal", "causal", False))]),
    "information": dict(
        sentence="nats that vectors of image and spectrum of a mock object tell of each other and of the truth: the InfoNCE bound by batch "
                 "size, and neighbours in leading components",
        data={"mock": ["data", "mock", "legacy", "desi", "--objects", "12000", "--seed", "1"]},
        train=["contrastive_small"],
        judge=[["evaluate", "{run}", "{data}/mock", "--label", "redshift,log_stellar_mass,object_class", "--require", "object_class=0",
                "--question", "information", "--pairs", "1024"]]),
    "any_to_any": dict(
        sentence="one model of images, spectra, fluxes and redshifts: retrieval by its vectors, redshift from the spectrum",
        data={"mock": ["data", "mock", "legacy", "desi", "--objects", "12000", "--seed", "1"]},
        train=["image_codec_tiny", "spectrum_codec_tiny", "any_to_any_tiny"],
        judge=[["evaluate", "{run}", "{data}/mock", "--label", "redshift", "--given", "spectrum_desi", "--given",
                "image_legacy", "--question", "retrieval", "--question", "signal_to_noise", "--question", "photo_z"]]),
    "any_to_any_small": dict(
        sentence="one model of images, spectra, fluxes, redshift and stellar mass: redshift and mass given each observation and each subset "
                 "of them, calibration, joint consistency",
        data=EVERYTHING,
        train=["image_codec_tiny", "spectrum_codec_tiny", "any_to_any_small"],
        judge=everything_judged()),
    "any_to_any_numbers": dict(
        sentence="the same model that learned beside half a million objects with numbers alone, its images turned, its posteriors calibrated by "
                 "what was given",
        data=EVERYTHING | {"mock_more": ["data", "mock", "legacy", "desi", "--objects", "8000", "--seed", "3"],
                           "mock_numbers": ["data", "mock", "legacy", "--scalars", "--objects", "500000", "--seed", "2"]},
        train=["image_codec_tiny", "spectrum_codec_tiny", "any_to_any_numbers"],
        judge=everything_judged()),
    "mock_boosting": dict(
        sentence="redshift and mass of the mock sky by gradient boosting of quantiles, from the features that neighbours are given",
        data={"mock": ["data", "mock", "legacy", "desi", "--objects", "12000", "--seed", "1"]},
        train=[], reads=["mock"], peer="mock_boosting"),
    "zcosmos": dict(
        sentence="photometric redshifts of secure zCOSMOS galaxies from nine bands, and with each band left out",
        data={"zcosmos": ["data", "import", "zcosmos", "{real}/zcosmos"]},
        train=["zcosmos_photoz"],
        judge=[["evaluate", "{run}", "{data}/zcosmos", "--label", "redshift", "--label", "redshift_ok", "--require",
                "redshift_ok=1", "--question", "photo_z", "--question", "calibration"]
               + [x for b in COSMOS for x in ("--given", ",".join(c for c in COSMOS if c != b))]],
        predict=["predict", "{run}/model", "{data}/zcosmos", "{out}", "--given", ",".join(COSMOS), "--target", "redshift"],
        peer="zcosmos_forest"),
    "zcosmos_missing": dict(
        sentence="the same networks where one to six of the nine bands are missing, other ones for every object, beside classical methods "
                 "that fill in what is missing, and gradient boosting that learned with gaps",
        data={"zcosmos": ["data", "import", "zcosmos", "{real}/zcosmos"],
              "zcosmos_hidden": ["bench/peers/zcosmos_missing.py", "--hide", "{real}/zcosmos"],
              "zcosmos_missing": ["data", "import", "zcosmos", "{data}/zcosmos_hidden"]},
        train=["zcosmos_photoz"],
        predict=["predict", "{run}/model", "{data}/zcosmos_missing", "{out}", "--given", ",".join(COSMOS), "--target", "redshift"],
        predicted="predicted_missing", peer="zcosmos_missing"),
    "zcosmos_inputs": dict(
        sentence="nine bands of secure zCOSMOS galaxies going in as measured values, as tokens of 256 bins, as both: photometric redshifts, "
                 "the same network and steps",
        data={"zcosmos": ["data", "import", "zcosmos", "{real}/zcosmos"]},
        train=[],
        beside={f"zcosmos_{name}": ("zcosmos_photoz", ["train.steps=300", *own]) for name, own in COSMOS_INPUTS.items()},
        judge=[dict(run=f"zcosmos_{name}", name=name, trivial=name == "values", words=[
            "evaluate", "{run}", "{data}/zcosmos", "--label", "redshift", "--label", "redshift_ok", "--require", "redshift_ok=1",
            "--question", "photo_z", "--question", "calibration"]) for name in COSMOS_INPUTS],
        predict=["predict", "{run}/model", "{data}/zcosmos", "{out}", "--given", ",".join(COSMOS), "--target", "redshift"],
        peer="zcosmos_forest"),
    "mock_inputs": dict(
        sentence="a spectrum or an image of the mock sky going in as measured values, as tokens of a small convolutional codec, as both: "
                 "redshifts from each, the same network and steps",
        data={"mock": ["data", "mock", "legacy", "desi", "--objects", "12000", "--seed", "1"]},
        train=["image_codec_tiny", "spectrum_codec_tiny"],
        beside={f"mock_{name}": ("inputs_mock", [f"model.modalities.{one}.input='{name}'" for one in ("image_legacy", "spectrum_desi")])
                for name in ("values", "tokens", "both")},
        judge=[dict(run=f"mock_{name}", name=name, trivial=name == "values", words=[
            "evaluate", "{run}", "{data}/mock", "--label", "redshift", "--given", "spectrum_desi", "--given", "image_legacy",
            "--question", "photo_z", "--question", "signal_to_noise", "--question", "calibration"]) for name in ("values", "tokens", "both")]),
    "zcosmos_labels": dict(
        sentence="photometric redshifts of secure zCOSMOS galaxies from 10, 50, 250 and 1,000 labels: a model of nine bands that never saw a "
                 "redshift, adapted, beside the same network from scratch, a random forest and neighbours",
        data={"zcosmos": ["data", "import", "zcosmos", "{real}/zcosmos"]},
        train=["zcosmos_bands", "zcosmos_labels"],
        predict=["predict", "{run}/model", "{data}/zcosmos", "{out}", "--given", ",".join(COSMOS), "--target", "redshift"],
        parts=[f"curve/{kind}_{labels}" for kind in ("adapted", "scratch") for labels in (10, 50, 250, 1000)],
        peer="zcosmos_labels", named=True),
    "galaxy_zoo": dict(
        sentence="votes of Galaxy Zoo from frozen vectors of colour pictures and a linear head, five folds of 750",
        data={"zoo": ["data", "import", "legacy_galaxy_zoo", "{real}/legacy_galaxy_zoo", "--picture-size", "106"]},
        train=["rgb_codec", "galaxy_zoo"],
        predict=["embed", "{run}/model", "{data}/zoo", "{out}", "--layer", "0", "--symmetries", "--rings", "3"],
        peer="galaxy_zoo_folds"),
    "dino": dict(
        sentence="votes of Galaxy Zoo from 10, 50, 250 and all labels: vectors learned from views without labels, beside pixels, an encoder "
                 "that learned nothing, a masked autoencoder, and supervised networks; 135 pictures that nothing was trained on; and the "
                 "truth of the mock sky",
        data={"zoo": ["data", "import", "legacy_galaxy_zoo", "{real}/legacy_galaxy_zoo", "--picture-size", "80"],
              "mock_pictures": ["data", "mock", "legacy", "--objects", "1000", "--seed", "31"],
              "mock_images": ["data", "mock", "legacy", "--objects", "5000", "--seed", "11"]},
        train=["dino_tiny"],
        beside={"dino_tiny_random": ("dino_tiny", ["train.steps=1", "train.learning_rate=0", "train.validate_every=0"]),
                "dino_tiny_masked": ("masked_image_tiny", ["train.steps=1500", "data.datasets=['{data}/zoo']", "model.modality='rgb_image'", "model.width=128",
                                                 "model.heads=4", "model.layers=6", "model.size=48", "data.batch_size=32"]),
                "galaxy_zoo_labels": ("galaxy_zoo_labels", [])},
        judge=[dict(run=run, name=run, trivial=run == "dino_tiny", words=[
            "evaluate", "{run}", "{data}/mock_images", "--label", ",".join(DINO_TRUTH), "--require", "object_class=0", "--question",
            "linear_probe,knn"]) for run in ("dino_tiny", "dino_tiny_random")],
        predict=["embed", "{run}/model", "{data}/zoo", "{out}", "--given", "rgb_image", "--symmetries"],
        curves={"galaxy_zoo_labels": dict(
            predict=["predict", "{run}/model", "{data}/zoo", "{out}", "--given", "rgb_image", "--target", "spiral_fraction"],
            parts=[f"curve/{kind}_{labels}" for kind in ("adapted", "scratch") for labels in (10, 50, 250, 540)])},
        peer="galaxy_zoo_labels", named=True),
    "dino_flux": dict(
        sentence="truth of mock galaxies by neighbours and a linear map from vectors of fluxes in four bands: learned from views, from hidden "
                 "patches by the same network, and by none",
        data={"mock_images": ["data", "mock", "legacy", "--objects", "5000", "--seed", "11"]},
        train=["dino_flux_tiny", "masked_vision_tiny"],
        beside={"dino_flux_tiny_random": ("dino_flux_tiny", ["train.steps=1", "train.learning_rate=0", "train.validate_every=0"])},
        judge=[dict(run=run, name=run, trivial=run == "dino_flux_tiny", words=[
            "evaluate", "{run}", "{data}/mock_images", "--label", ",".join(DINO_TRUTH), "--require", "object_class=0", "--question",
            "linear_probe,knn"]) for run in ("dino_flux_tiny", "masked_vision_tiny", "dino_flux_tiny_random")]),
    "spectrum_codec": dict(
        sentence="BOSS and SDSS star spectra through a codec trained on mock spectra alone",
        data=SDSS | STARS,
        train=["sdss_codec"],
        judge=[["evaluate", "{run}", "{data}/boss", "--modality", "spectrum_sdss", "--question",
                "spectrum_reconstruction"],
               ["evaluate", "{run}", "{data}/stars", "--modality", "spectrum_sdss", "--question",
                "spectrum_reconstruction", "--test", "all", "--label", "redshift", "--learn-from", "{data}/mock_sdss",
                "--rebuild-limit", "2000"]]),
    "spectrum_templates": dict(
        sentence="DESI-like spectra of the mock sky as redshift and coefficients, beside trivial codecs of as many bits",
        data={"mock_desi_12k": ["data", "mock", "desi", "--objects", "12000", "--seed", "15"]},
        train=["spectrum_templates"],
        judge=[["evaluate", "{run}", "{data}/mock_desi_12k", "--modality", "spectrum_desi", "--rebuild-limit", "2000",
                "--label", "redshift", "--question", "spectrum_reconstruction"]]),
    "boss_redshift": dict(
        sentence="redshifts of BOSS quasars from their spectra by templates of mock quasars made a posterior: before any label, and with "
                 "10, 25, 50 labels in five folds of objects, beside a mean spectrum cross-correlated and neighbours of as many labels",
        data=MOCK_QUASARS | {"boss": ["data", "import", "boss", "{real}/boss"]},
        train=["quasar_templates", "boss_redshift"],
        predict=["predict", "{run}/model", "{data}/boss", "{out}", "--given", "spectrum_sdss", "--target", "redshift"],
        peer="boss_redshift", named=True),
    "sdss_templates": dict(
        sentence="BOSS and SDSS star spectra through templates learned from mock spectra alone, and the redshifts they find",
        data=SDSS | STARS,
        train=["sdss_templates"],
        judge=[["evaluate", "{run}", "{data}/boss", "--modality", "spectrum_sdss", "--label", "redshift", "--question",
                "spectrum_reconstruction"],
               ["evaluate", "{run}", "{data}/stars", "--modality", "spectrum_sdss", "--question",
                "spectrum_reconstruction", "--test", "all", "--label", "redshift", "--learn-from", "{data}/mock_sdss",
                "--rebuild-limit", "2000"]]),
    "spectrum_grids": dict(
        sentence="one tokenizer of spectra of SDSS, DESI, VIPERS and a slitless spectrograph, each drawn on its own wavelengths through its "
                 "own line spread, beside one that does not read line spread; mock skies",
        data=GRIDS, train=["spectrum_grids"],
        beside={"spectrum_grids_blind": ("spectrum_grids", ["tokenizer.lsf_kms=0"])},
        judge=grids_judged()),
    "real_surveys": dict(
        sentence="real images and spectra of SDSS, BOSS, DESI, MaNGA, Hubble and DEIMOS, and simulated blends of HSC, through one tokenizer of "
                 "images and one of spectra that learned from the mock sky alone, unchanged, beside trivial codecs of as many bits",
        data={name: words for name, words in BANDS.items() if name in ("bands_legacy", "bands_sdss", "bands_hsc")} | GRIDS | REAL,
        train=["scenes_physical", "spectrum_grids"],
        judge=real_judged()),
    "sdss_templates_real": dict(
        sentence="BOSS spectra through templates learned from mock spectra and from the training side of the BOSS spectra",
        data=SDSS,
        train=["sdss_templates_real"],
        judge=[["evaluate", "{run}", "{data}/boss", "--modality", "spectrum_sdss", "--label", "redshift", "--question",
                "spectrum_reconstruction"]]),
    "star_images": dict(
        sentence="real SDSS stamps of stars through templates of mock stars alone",
        data=MOCK_STARS | STARS,
        train=["star_images"],
        judge=[["evaluate", "{run}", "{data}/stars", "--modality", "image_sdss", "--test", "all", *IMAGES]]),
    "image_templates": dict(
        sentence="g r i z images of the mock sky as a pose and coefficients of templates, beside trivial codecs of as many bits",
        data={"mock_images": ["data", "mock", "legacy", "--objects", "5000", "--seed", "11"]},
        train=["image_templates"],
        judge=[["evaluate", "{run}", "{data}/mock_images", "--modality", "image_legacy", "--rebuild-limit", "4000", *IMAGES]]),
    "spectrum_codec_mock": dict(
        sentence="DESI-like spectra of the mock sky through a codec, beside trivial codecs of as many bits",
        data={"mock_desi_small": ["data", "mock", "desi", "--objects", "4000", "--seed", "15"]},
        train=["spectrum_codec_mock"],
        judge=[["evaluate", "{run}", "{data}/mock_desi_small", "--modality", "spectrum_desi", "--rebuild-limit", "1000",
                "--label", "redshift", "--question", "spectrum_reconstruction"]]),
    "light_curve_codec_eros": dict(
        sentence="EROS light curves through their tokens: points held back, and classes by a linear head",
        data={"eros": ["data", "import", "eros", "{real}/eros_lightcurves"]},
        train=["light_curve_codec_eros"],
        judge=[["evaluate", "{run}", "{data}/eros", "--modality", "lightcurve_eros", "--rebuild-limit", "3000", "--label",
                "variable_class", *CURVES]],
        predict=["embed", "{run}/model", "{data}/eros", "{out}", "--given", "lightcurve_eros"],
        peer="eros_classes"),
    "light_curve_ztf": dict(
        sentence="light curves of the mock sky as ZTF sees it through their tokens, and real alerts by the same codecs: points and upper limits "
                 "held back; one codec reads limits, the other does not",
        data={"mock_types": TYPES, "ztf": ["data", "import", "ztf", "{real}/ztf_alerts"]},
        train=["light_curve_codec_ztf", "light_curve_process_ztf"],
        judge=[dict(run=run, name=f"{sky}, {how}", trivial=how == "process", words=[
            "evaluate", "{run}", f"{{data}}/{data}", "--modality", "lightcurve_ztf", "--rebuild-limit", "3000", *CURVES[:2], *more])
            for run, how in (("light_curve_process_ztf", "process"), ("light_curve_codec_ztf", "points and limits"))
            for data, sky, more in (("mock_types", "mock", []), ("ztf", "alerts, real", ["--test", "all"]))]),
    "light_curve_lsst": dict(
        sentence="light curves of the mock sky as LSST sees it, six bands of forced photometry, through their tokens: points held back",
        data={"mock_lsst": ["data", "mock", "lsst_curves", "--objects", "2500", "--seed", "44", *VARIABLES, "--set", "r_spectroscopic=20",
                            "--set", "r_faint=20.1"]},
        train=["light_curve_process_lsst"],
        judge=[["evaluate", "{run}", "{data}/mock_lsst", "--modality", "lightcurve_lsst", "--rebuild-limit", "1500", *CURVES[:2]]]),
    "light_curve_process_supernovae": dict(
        sentence="supernova light curves through their tokens: points held back, and classes by a linear head",
        data={"supernovae": ["data", "import", "supernovae", "{real}/supernovae"]},
        train=["light_curve_process_supernovae"],
        judge=[["evaluate", "{run}", "{data}/supernovae", "--modality", "lightcurve_supernova", "--rebuild-limit", "6000",
                "--label", "supernova_class", *CURVES]],
        predict=["embed", "{run}/model", "{data}/supernovae", "{out}", "--given", "lightcurve_supernova"],
        peer="supernova_classes"),
    "light_curve_types": dict(
        sentence="p(type | light curve) of what varies on the mock sky, ZTF's cadence: log-loss, Brier score and calibration, beside "
                 "scikit-learn's forest and boosted trees on summary features of the same curves",
        data={"mock_curves": ["data", "mock", "legacy", "ztf", "--objects", "8000", *(x for key in (
            "star_weight=0", "quasar_weight=1", "supernova_ia_share=0.6", "core_collapse_share=0.3", "variable_quasar_share=1",
            "r_spectroscopic=20", "r_faint=20.5") for x in ("--set", key))],
            "mock_types": TYPES},
        train=["light_curves_tiny", "light_curve_types"],
        judge=[["evaluate", "{run}", "{data}/mock_types", "--label", "variable_class", "--question", "class_posteriors"]],
        reads=["mock_types"], peer="light_curve_types"),
    "cube_templates": dict(
        sentence="MaNGA-like cubes of the mock sky as maps of templates, beside components of spaxels of as many bits; and a real MUSE cube",
        data={"mock_cubes": ["data", "mock", "manga", "--objects", "480", "--seed", "31", *(x for key in (
            "star_weight=0", "quasar_weight=0", "r_spectroscopic=17", "r_faint=17", "spectroscopic_share=1") for x in ("--set", key))],
            "muse": ["data", "import", "muse", "{real}/muse_udf/subcub_mosaic.fits"]},
        train=["cube_templates"],
        judge=[dict(name="mock", words=["evaluate", "{run}", "{data}/mock_cubes", "--modality", "cube_manga", "--rebuild-limit", "300",
                                        "--batch-size", "16", "--label", "redshift", *CUBES]),
               dict(name="MUSE, real", words=["evaluate", "{run}", "{data}/muse", "--modality", "cube_muse", "--test", "all", *CUBES])]),
    "band_embedding": dict(
        sentence="bands known by name, by field or by what they are: seen, never seen, at another pixel scale; objects of r of 20 to 23",
        data=FAINT, train=["bands_all", "bands_physical", "bands_name", "bands_field"],
        judge=bands_judged("bands", ("name", "field"), "faint", "test", "400")),
    "image_scenes": dict(
        sentence="sources of several surveys as tokens: bands seen, never seen and read as others, another pixel scale",
        data=BANDS, train=["scenes_physical", "scenes_all", "scenes_name"], judge=bands_judged("scenes", ("name",), "fresh", "all", "240")),
    "image_seeing": dict(
        sentence="the tokenizer of `image_scenes` on nights of 1.5 and 0.7 times the seeing that it learned from, told so, and told the usual "
                 "seeing, beside trivial codecs of as many bits that learned in the usual seeing and in the other; the same 240 objects",
        data={name: words for name, words in BANDS.items() if "euclid" not in name} | SEEINGS, train=["scenes_physical"],
        judge=seeings_judged()),
    "supernova_retrieval": dict(
        sentence="light curve and spectrum of the same supernova among the 27 to 40 of a fold, and another spectrum of it: five folds, each "
                 "judged by a model that never saw its objects",
        data={"supernova_pairs": [*SUPERNOVAE, "--with", "lightcurve_supernova,spectrum_supernova"],
              "supernova_spectra": [*SUPERNOVAE, "--with", "spectrum_supernova"]},
        **of_folds("supernova_pairs", "supernovae", "supernova_spectra", "--batch-size", "32")),
    "ztf_retrieval": dict(
        sentence="stamps and light curve of the same ZTF alert among those of a fold: five folds of 96 alerts, objects and places whole",
        data={"ztf": ["data", "import", "ztf", "{real}/ztf_alerts"]},
        **of_folds("ztf_pairs", "alerts", "ztf")),
    "same_kind_retrieval": dict(
        sentence="image to image and spectrum to spectrum: halves of the light of one observation, mock galaxies and real stars; and real "
                 "quasars observed twice, by models of mock objects alone",
        data={"mock": ["data", "mock", "legacy", "desi", "--objects", "12000", "--seed", "1"],
              "boss": ["data", "import", "boss", "{real}/boss"]} | MOCK_STARS | STARS,
        train=["contrastive_small", "sdss_pairs"],
        judge=[dict(run="contrastive_small", name="mock, 1,000", words=[
                   "evaluate", "{run}", "{data}/mock", "--label", "redshift", "--question", "retrieval", "--train", "validation"]),
               dict(name="SDSS stars, 30", words=["evaluate", "{run}", "{data}/stars", "--question", "retrieval", "--test", "all"]),
               dict(name="BOSS, observed twice", words=["evaluate", "{run}", "{data}/boss", "--question", "retrieval", "--test", "all"])]),
    "deep2_retrieval": dict(
        sentence="Hubble cutouts of twenty DEEP2 galaxies find their DEIMOS spectra, and back, by a model trained on the mock sky alone; a "
                 "thousand mock galaxies",
        data=DEEP2, train=["deep2_pairs"],
        judge=[dict(name="DEEP2, all 20", words=["evaluate", "{run}", "{data}/deep2", "--question", "retrieval", "--test", "all"]),
               dict(name="DEEP2, 16 of grade A", words=["evaluate", "{run}", "{data}/deep2", "--label", "redshift_ok", "--require",
                                                        "redshift_ok=1", "--question", "retrieval", "--test", "all"]),
               dict(name="mock, 1,000", words=["evaluate", "{run}", "{data}/mock_deep2", "--label", "redshift", "--question", "retrieval",
                                               "--train", "train+validation"])],
        reads=["mock_deep2"], peer="deep2_counts"),
    "star_retrieval": dict(
        sentence="stamps of thirty real stars find their spectra, by a model trained on the mock sky alone",
        data=MOCK_STARS | STARS,
        train=["sdss_pairs"],
        judge=[["evaluate", "{run}", "{data}/stars", "--question", "retrieval", "--test", "all"]]),
}

# Figures that are measured, not trained for, by scripts of their own.
OTHERS = {"training_step": "python3 bench/training_step.py   (needs ./run bench and ./run peers once)",
          "start_times": "python3 bench/start_times.py MODEL   (a model folder)",
          "codec_precision": "python3 bench/codec_precision.py RUN ...   (runs of image_codec_tiny and spectrum_codec_tiny)",
          "parity": "python3 bench/parity.py FIXTURES   (inputs and outputs of the reference programs)",
          "int8_probes": "python3 bench/int8_probes.py DATASET RUN ...   (runs of any_to_any_small and the sky they learned from)",
          "scaling": "python3 bench/scaling.py   (needs ./run bench and ./run peers once)",
          "mock_sky": "python3 bench/sky_rates.py   (needs ./run bench once)",
          "gpu_models": "build/bin/bench_device_bench   (needs a GPU and ./run bench once; its rows are copied by hand)",
          "aion_codecs_gpu": "./run peers aion_codec_speed -- --device cuda   (needs a GPU)",
          "aion_model_gpu": "./run peers aion_model -- --device cuda   (needs a GPU)"}
