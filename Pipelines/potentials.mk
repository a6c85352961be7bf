# Weights that others trained. The wheel is only downloaded, nothing of it is installed or run; our own program reads them.

POTENTIALS := Artifacts/potentials
CHGNET := $(POTENTIALS)/chgnet-0.3.0.h5
# For one platform, whatever this machine is: the weights in all wheels are the same.
CHGNET_WHEEL := --platform manylinux2014_x86_64 --implementation cp --python-version 3.11 --only-binary :all: chgnet==0.4.2
CHGNET_SHA256 := d14ab7c0f093efe64b60a7bcd540bca10e74fb7f46c86108a079af60524659d1

.PHONY: potentials
potentials: $(CHGNET) ## Fetch CHGNet's weights for POTENTIAL=chgnet

$(CHGNET): | $(BIN)/convert
	@mkdir -p $(@D)/chgnet.download
	python3 -m pip download --quiet --disable-pip-version-check --no-deps --dest $(@D)/chgnet.download $(CHGNET_WHEEL) || \
	  { echo "potentials: the wheel chgnet 0.4.2 cannot be fetched; is there a network? Put chgnet-0.3.0.h5 from elsewhere at $@." >&2; exit 69; }
	unzip -o -q -j -d $(@D)/chgnet.download $(@D)/chgnet.download/chgnet-0.4.2-*.whl 'chgnet/pretrained/0.3.0/*.pth.tar' '*.dist-info/licenses/LICENSE'
	@mv $(@D)/chgnet.download/chgnet_0.3.0_*.pth.tar $(@D)/chgnet.download/chgnet-0.3.0.pth.tar
	@echo '$(CHGNET_SHA256)  $(@D)/chgnet.download/chgnet-0.3.0.pth.tar' | sha256sum --check --quiet
	@mv $(@D)/chgnet.download/LICENSE $(@D)/chgnet-LICENSE.txt
	$(BIN)/convert --input $(@D)/chgnet.download/chgnet-0.3.0.pth.tar --output $@
	@rm -rf $(@D)/chgnet.download

# A line that relaxes with CHGNet needs the weights first.
ifeq ($(POTENTIAL),chgnet)
FETCHED := $(CHGNET)
$(R)/relaxed.h5 $(foreach i,$(shell seq 0 $$(($(SHARDS)-1))),$(R)/relaxed.shards$(SHARDS)/$(i).h5): | $(CHGNET)
endif
