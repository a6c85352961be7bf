# The shipped models go on with crystals of one's own, and learn a column of theirs:
#   make finetune DATASET=mine.csv PROPERTY=hardness
#   make generate MODEL=finetuned/mine-hardness TARGET="hardness=20.."

TUNED := $(ARTIFACTS)/finetuned/$(DATASET)-$(PROPERTY)
# Few crystals: small batches, a low rate, and 40 epochs where nobody says.
TUNING = --dataset $(FILE_preprocess) --set conditioning.properties=$(PROPERTY) --set conditioning.drop=0.1 --set training.batch=16 \
  --set training.learning_rate=0.0005 --set training.warm_up_steps=20 --set training.average_decay=0.99 --epochs $(if $(call given,EPOCHS),$(EPOCHS),40) \
  --seed $(SEED) $(RUN)
.PHONY: finetune
finetune: $(FILE_preprocess) | $(BIN)/train ## Go on with crystals of one's own and a column of theirs: make finetune DATASET=mine.csv PROPERTY=hardness
	@$(if $(PROPERTY),,echo "make finetune PROPERTY=…: a column of numbers of DATASET, as hardness" >&2; exit 64)
	@mkdir -p '$(dir $(TUNED))'
	$(BIN)/train --config Pipelines/models/skeletons-mp20.yaml --initial Artifacts/pretrained/mp20-skeletons.h5 $(TUNING) --output $(TUNED)-skeletons.h5
	$(BIN)/train --config Pipelines/models/symmbfn-mp20.yaml --initial Artifacts/pretrained/mp20.h5 $(TUNING) --output $(TUNED).h5
	@echo "models: $(TUNED).h5, $(TUNED)-skeletons.h5; make generate MODEL=finetuned/$(notdir $(TUNED)) TARGET=\"$(PROPERTY)=…\""
