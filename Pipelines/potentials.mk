# Weights that others trained. The wheel is only downloaded, nothing of it is installed or run; our own program reads them.

POTENTIALS := Artifacts/potentials
CHGNET := $(POTENTIALS)/chgnet-0.3.0.h5
# For one platform, whatever this machine is: the weights in all wheels are the same.
CHGNET_WHEEL := --platform manylinux2014_x86_64 --implementation cp --python-version 3.11 --only-binary :all: chgnet==0.4.2
CHGNET_SHA256 := d14ab7c0f093efe64b60a7bcd540bca10e74fb7f46c86108a079af60524659d1
# The same network, fine-tuned on r2SCAN energies: a second judge.
CHGNET_R2SCAN := $(POTENTIALS)/chgnet-r2scan.h5
CHGNET_R2SCAN_SHA256 := 8eba3db0f35a2788bb3ae22885ad340591e27996f213c6643af522a633b50dad

.PHONY: potentials
potentials: $(CHGNET) $(CHGNET_R2SCAN) ## Fetch CHGNet's weights for POTENTIAL=chgnet and chgnet-r2scan

# $(1): the weights' folder in the wheel, $(2): their SHA-256
define fetch_chgnet
	@rm -rf $@.download; mkdir -p $@.download
	python3 -m pip download --quiet --disable-pip-version-check --no-deps --dest $@.download $(CHGNET_WHEEL) || \
	  { echo "potentials: the wheel chgnet 0.4.2 cannot be fetched; is there a network? Put $(@F) from elsewhere at $@." >&2; exit 69; }
	unzip -o -q -j -d $@.download $@.download/chgnet-0.4.2-*.whl 'chgnet/pretrained/$(1)/*.pth.tar' '*.dist-info/licenses/LICENSE'
	@mv $@.download/chgnet_*.pth.tar $@.download/$(basename $(@F)).pth.tar
	@echo '$(2)  $@.download/$(basename $(@F)).pth.tar' | sha256sum --check --quiet
	@mv $@.download/LICENSE $(@D)/chgnet-LICENSE.txt
	$(BIN)/convert --input $@.download/$(basename $(@F)).pth.tar --output $@
	@rm -rf $@.download
endef
$(CHGNET): | $(BIN)/convert
	$(call fetch_chgnet,0.3.0,$(CHGNET_SHA256))
$(CHGNET_R2SCAN): | $(BIN)/convert
	$(call fetch_chgnet,r2scan,$(CHGNET_R2SCAN_SHA256))

# A line that relaxes with CHGNet needs the weights first.
WEIGHTS_chgnet := $(CHGNET)
WEIGHTS_chgnet-r2scan := $(CHGNET_R2SCAN)
ifneq ($(WEIGHTS_$(POTENTIAL)),)
FETCHED := $(WEIGHTS_$(POTENTIAL))
$(R)/relaxed.h5 $(foreach i,$(shell seq 0 $$(($(SHARDS)-1))),$(R)/relaxed.shards$(SHARDS)/$(i).h5): | $(FETCHED)
endif
