# The same line as jobs: CLUSTER=slurm for a batch system, CLUSTER=local for processes here. Pipelines/cluster/NAME.sh is all that
# knows a batch system; line.sh decides what is missing, task.sh runs one job. Nodes need the programs and the files, not make.

CLUSTERS := $(patsubst Pipelines/cluster/%.sh,%,$(filter-out %/line.sh %/task.sh,$(wildcard Pipelines/cluster/*.sh)))
$(if $(filter-out $(CLUSTERS),$(CLUSTER)),$(error there is no Pipelines/cluster/$(CLUSTER).sh; there are: $(CLUSTERS)))
$(if $(filter-out $(STAGES),$(STAGE)),$(error there is no stage '$(STAGE)'; there are: $(STAGES)))

# What a job asks for; TIME_train and its kin for one stage. From the command line, the environment or a file cluster.mk.
CPUS      ?= 1
MEMORY    ?=
TIME      ?=
PARTITION ?=
ACCOUNT   ?=
# Anything else for the batch system's command line.
SUBMIT    ?=
# Jobs at a time; 0: as many as there are.
JOBS      ?= $(if $(filter local,$(CLUSTER)),2,0)
# Seconds before the time limit at which a job saves what it has.
WARNING   ?= 120
RESOURCES := CPUS MEMORY TIME PARTITION ACCOUNT SUBMIT JOBS WARNING

tab := $(shell printf '\t')
define newline


endef
# For line.sh, a line a stage: name, file, folder of parts (- where it is whole), their number, needs, resources, command for the
# file (a merge where there are parts), command for a part.
describe = $(1)$(tab)$(FILE_$(1))$(tab)$(if $(filter $(1),$(CUT)),$(call PARTS,$(1))$(tab)$(SHARDS),-$(tab)1)$(tab)$(NEEDS_$(1))
resources = $(foreach r,$(RESOURCES),$(r)=$(if $(filter undefined,$(origin $(r)_$(1))),$($(r)),$($(r)_$(1)));)
commands = $(if $(filter $(1),$(CUT)),$(merge),$(call COMMAND_$(1),$(FILE_$(1))))
merge = $(call COMMAND_merge,$(FILE_$(1)),$(call PARTS,$(1))/{0..$(shell echo $$(($(SHARDS)-1)))}.h5)$(tab)$(call \
  COMMAND_$(1),$(call PARTS,$(1))/$$INDEX.h5,--shard $$INDEX/$(SHARDS))
# make -n only prints what would be submitted.
DRY := $(findstring n,$(firstword -$(MAKEFLAGS)))

.PHONY: submit resume status stamps
submit: ## Submit what is missing up to a stage: make submit STAGE=relax SHARDS=16 CLUSTER=slurm
resume: ## Submit again what failed or is missing, with the variables of the first time
submit resume: CLUSTER := $(or $(CLUSTER),slurm)
status: ## Stages and shards: done, running, waiting, failed (why, and which log), missing

ifdef CLUSTER
eval $(STAGES): submit
eval:
	@if [[ $(CLUSTER) == local && -e $(R)/metrics.txt ]]; then cat $(R)/metrics.txt; echo "page: $(FILE_report)"; fi
eval: STAGE := report
$(STAGES): STAGE = $@
endif
submit resume status: export FRIEZE_LINE = $(foreach s,$(STAGES),$(call describe,$(s))$(if \
  $(filter status,$@),,$(tab)$(call resources,$(s))$(tab)$(call commands,$(s)))$(newline))
submit resume status: export FRIEZE_CLUSTER = $(CLUSTER)
submit resume:
	$(if $(DRY),,+@$(MAKE) build $(FETCHED))
	+@flags=$${MAKEFLAGS%% *}; rest=$${MAKEFLAGS#"$$flags"}; MAKEFLAGS="$${flags//n/}$$rest" $(MAKE) -s stamps
	+@$(DRY:n=DRY=yes) Pipelines/cluster/line.sh $@ $(STAGE)
status:
	@Pipelines/cluster/line.sh status

# What jobs compare dates with, brought up to date for what is there; jobs do it for their own files. Makes no file of a stage.
STAMPED = $(sort $(foreach s,$(STAGES),$(FILE_$(s))) $(patsubst %.id,%,$(filter %.id,$(foreach s,$(STAGES),$(NEEDS_$(s))))))
stamps: $(foreach s,$(STAGES),$(filter %.options,$(NEEDS_$(s))))
	$(foreach f,$(STAMPED),[[ ! -e $(f) ]] || Pipelines/stamp.sh $(f);)
