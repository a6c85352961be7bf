# Networks that others trained to predict properties, and labels by them for whole datasets:
#   make predictors
#   make label DATASET=mp20 LABELS="megnet:band_gap,band_gap@2018 geometry"
# The source distribution is only downloaded, nothing of it is installed or run (Pipelines/unbuilt answers pip in its place); our own
# program reads the networks in it.

PREDICTORS := Artifacts/predictors
MEGNET := $(PREDICTORS)/megnet-1.3.2.h5
MEGNET_SHA256 := 0c2de597860fa3caeefc3591f01fe48e8cc70adbda812f5b72a47c3eb6361a99
MEGNET_FOLDER := megnet-1.3.2/mvl_models

.PHONY: predictors label
predictors: $(MEGNET) ## Fetch MEGNet's networks, for properties and for make label

$(MEGNET): | $(BIN)/convert
	@rm -rf $@.download; mkdir -p $@.download/networks
	PYTHONPATH='$(CURDIR)/Pipelines/unbuilt' PYTHONDONTWRITEBYTECODE=1 python3 -m pip download --quiet --disable-pip-version-check --no-deps --no-build-isolation \
	  --no-binary megnet --dest $@.download megnet==1.3.2 || \
	  { echo "predictors: megnet 1.3.2 cannot be fetched; is there a network? Put $(@F) from elsewhere at $@." >&2; exit 69; }
	@echo '$(MEGNET_SHA256)  $@.download/megnet-1.3.2.tar.gz' | sha256sum --check --quiet
	tar -xzf $@.download/megnet-1.3.2.tar.gz -C $@.download/networks --strip-components=2 --wildcards '$(MEGNET_FOLDER)/mp-*' \
	  '$(MEGNET_FOLDER)/mf_2020/pbe_gllb_hse_exp/*'
	@tar -xzOf $@.download/megnet-1.3.2.tar.gz megnet-1.3.2/LICENSE.md > $(@D)/megnet-LICENSE.txt
	$(BIN)/convert --input $@.download/networks --output $@
	@rm -rf $@.download

# The rules of both files are in dag.mk. Networks are fetched first where they are asked.
label: $(FILE_label) ## Predicted properties for every crystal of the dataset, labelled.h5: make label DATASET=mp20 [LABELS="megnet geometry"]
weights_of = $(if $(findstring megnet,$(1)),$(MEGNET)) $(if $(findstring chgnet,$(1)),$(CHGNET))
$(FILE_label): | $(call weights_of,$(LABELS))
$(FILE_properties): | $(call weights_of,$(PREDICTED_BY))
