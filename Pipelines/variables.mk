# What may be said on the command line, in the environment and in cluster.mk, checked once before anything is made of it: make and
# the shell would run what a value contains. VARIABLES_kind lists the variables of a kind; each kind has its characters and its pattern.

VARIABLES_path     := ARTIFACTS PREFIX DESTDIR DATASETS_DIR HULL INPUT BUILD DATASET MODEL SOURCE PEERS SKELETONS SCREEN_MODEL PROTOTYPE PROXY INITIAL $(if $(filter stable,$(MAKECMDGOALS)),FILES)
VARIABLES_name     := PROPERTY STAGE CLUSTER TEMPLATES PROPOSER COMPARE_WITH PREDICTION MEMORY PARTITION ACCOUNT TIME JUDGES COVERAGE GIVEN SCREEN SYMMETRY CIF_COLUMN ID_COLUMN
# FILES: how many, but crystals to make stable.
VARIABLES_count    := SAMPLES STEPS ROUNDS SHARDS FORMULA_UNITS $(if $(filter stable,$(MAKECMDGOALS)),,FILES) KILLS OPTIONS MAX_ATOMS MAX_SITES PER_TARGET
VARIABLES_whole    := SEED EPOCHS LIMIT CPUS JOBS WARNING FRIEZE_SEED
VARIABLES_number   := SYMPREC FMAX MINUTES RATTLE GUIDANCE
VARIABLES_threads  := THREADS
VARIABLES_groups   := SPACE_GROUP
VARIABLES_formula  := COMPOSITION ANONYMOUS_FORMULA
VARIABLES_elements := ELEMENTS REQUIRE EXCLUDE KEEP
VARIABLES_sites    := SITES
VARIABLES_potential := POTENTIAL
VARIABLES_flag     := RELAX NEUTRAL
VARIABLES_labels   := LABELS PREDICTED_BY
VARIABLES_targets  := TARGET
VARIABLES_tolerances := TOLERANCE
VARIABLES_words    := SUBMIT PEER LEARN
VARIABLES_settings := SET
VARIABLES_paths    := PHASES MODELS GEOMETRY UNLIKE KNOWN
VARIABLES_counts   := LADDER
VARIABLES_reward   := REWARD
KINDS := path paths name count counts whole number threads groups formula elements sites potential flag labels targets tolerances words settings reward

# TIME_train and its kin: for one stage.
stages_of_jobs := preprocess label train policy propose sample reconstruct relax properties metrics report
$(foreach k,$(KINDS),$(foreach v,$(filter CPUS MEMORY TIME PARTITION ACCOUNT SUBMIT JOBS WARNING,$(VARIABLES_$k)),$(eval \
  VARIABLES_$k += $(stages_of_jobs:%=$v_%))))
VARIABLES := $(foreach k,$(KINDS),$(VARIABLES_$k))

empty :=
blank := $(empty) $(empty)
letters := a b c d e f g h i j k l m n o p q r s t u v w x y z A B C D E F G H I J K L M N O P Q R S T U V W X Y Z
digits := 0 1 2 3 4 5 6 7 8 9
CHARACTERS_path      := $(letters) $(digits) / . _ - + @ , = ~
CHARACTERS_paths     := $(CHARACTERS_path)
CHARACTERS_name      := $(letters) $(digits) . _ - + : ,
CHARACTERS_count     := $(digits)
CHARACTERS_counts    := $(digits)
CHARACTERS_whole     := $(digits)
CHARACTERS_number    := $(digits) . e -
CHARACTERS_threads   := $(digits)
CHARACTERS_groups    := $(letters) $(digits) , - / _
CHARACTERS_formula   := $(letters) $(digits) ( ) [ ] .
CHARACTERS_elements  := $(letters) ,
CHARACTERS_sites     := $(letters) , :
CHARACTERS_potential := $(letters) $(digits) / . _ - + :
CHARACTERS_flag      := $(letters) $(digits)
CHARACTERS_labels    := $(letters) $(digits) _ : , @
CHARACTERS_targets   := $(letters) $(digits) _ . - + =
CHARACTERS_tolerances := $(CHARACTERS_targets)
CHARACTERS_settings  := $(letters) $(digits) . _ - + =
CHARACTERS_reward    := $(letters) $(digits) . _ - + * / ^ ( ) ,
CHARACTERS_words     := $(letters) $(digits) / . _ - + @ , = : % [ ] & | * !

MEANS_path      := a path of letters, digits and / . _ - + @ , = ~, without blanks
MEANS_paths     := paths of letters, digits and / . _ - + @ , = ~, with blanks between
MEANS_name      := a name of letters, digits and . _ - + : ,
MEANS_count     := a whole number above 0
MEANS_counts    := whole numbers above 0 with blanks between
MEANS_whole     := a whole number
MEANS_number    := a number above 0
MEANS_threads   := a whole number
MEANS_groups    := space groups with commas between, numbers from 1 to 230 or symbols as Fd-3m
MEANS_formula   := a formula such as SrTiO3 or Ca(OH)2
MEANS_elements  := symbols of elements with commas between
MEANS_sites     := elements and Wyckoff letters, as Li:a,O:d
MEANS_potential := the name of a potential, with what it needs behind a colon
MEANS_flag      := 1, or nothing
MEANS_labels    := models with what they predict, as in megnet:formation_energy,band_gap@2018 geometry
MEANS_targets   := properties with values or ranges, as in band_gap=1..2 formation_energy_per_atom=-2
MEANS_tolerances := properties with numbers, as in band_gap=0.3
MEANS_settings  := options of the model by their paths, as in sampling.steps=50 training.batch=128
MEANS_reward    := an expression such as exp(-8 * formation_energy_per_atom) * window(band_gap, 1.34, 0.3)
MEANS_words     := options of letters, digits, blanks and / . _ - + @ , = : % [ ] & | * !

# The text without some characters.
without = $(if $(2),$(call without,$(subst $(firstword $(2)),,$(1)),$(wordlist 2,200,$(2))),$(1))
# Whether nothing is left of a text but what its kind has: no blank, no newline, nothing that make or a shell would act upon. For words
# and settings blanks are taken out before.
only = $(filter xx,x$(call without,$(if $(filter words settings paths labels targets tolerances counts reward,$(2)),$(subst $(blank),,$(1)),$(1)),$(CHARACTERS_$(2)))x)
refuse = $(error $(1) must be $(MEANS_$(2)))
given = $(filter command environment override,$(firstword $(origin $(1))))

# As it stands, without expanding it: a value that expands would run what it names.
check_raw = $(if $(findstring $$,$(value $(1))),$(call refuse,$(1),$(2)))
check_given = $(if $(call given,$(1)),$(call check_raw,$(1),$(2)))
check_text = $(if $(subst undefined,,$(origin $(1))),$(if $(filter-out xx,x$(value $(1))x),$(if $(call only,$($(1)),$(2)),,$(call refuse,$(1),$(2)))))
$(foreach k,$(KINDS),$(foreach v,$(VARIABLES_$k),$(call check_given,$v,$k)$(call check_text,$v,$k)))

# Nothing else can be set on the command line: a word misspelt would change nothing, and names inside would change anything.
also := MAKEFLAGS MAKEOVERRIDES MFLAGS SWIFT_BUILD SWIFT_TEST
settable := $(sort $(filter-out $(addprefix %_,$(stages_of_jobs)),$(VARIABLES)))
# The nearest name; a column of a dataset is asked for in TARGET; all names where none is near. Quotes in a name would end the shell's.
nearest = $(shell Pipelines/nearest.sh '$(subst ',,$(1))' $(2))
columns := BAND_GAP FORMATION_ENERGY FORMATION_ENERGY_PER_ATOM E_ABOVE_HULL BULK_MODULUS
lower = $(if $(2),$(call lower,$(subst $(word 1,$(2)),$(word 2,$(2)),$(1)),$(wordlist 3,60,$(2))),$(1))
cases := A a B b C c D d E e F f G g H h I i J j K k L l M m N n O o P p Q q R r S s T t U u V v W w X x Y y Z z
unknown = $(error there is no variable $(1); $(or $(if $(filter $(columns),$(1)),properties are asked for as in \
  TARGET="$(call lower,$(1),$(cases))=2"),$(call did_you_mean,$(call nearest,$(1),$(settable))),there are: $(settable)))
did_you_mean = $(if $(1),did you mean $(1)?$(if $(filter $(1),$(settable)), make help names all))
$(foreach v,$(.VARIABLES),$(if $(filter command,$(firstword $(origin $v))),$(if $(filter $(VARIABLES),$v),,$(call unknown,$v))))

# What their characters do not tell, by patterns, in one shell for all; nothing in them is for the shell any more.
pattern = $(if $(call known,$(1)),'$(1) $(2) $(subst ',,$($(1)))')
known = $(if $(filter undefined default,$(origin $(1))),,$(value $(1)))
checked := $(foreach k,count counts whole number threads groups formula elements sites flag labels targets tolerances settings,$(foreach v,$(VARIABLES_$k),$(call pattern,$v,$k)))
wrong := $(if $(checked),$(shell Pipelines/variables.sh $(checked)))
$(if $(wrong),$(call refuse,$(firstword $(wrong)),$(lastword $(wrong))))

# A path must not leave its folder or begin like an option; one that is given is used, or it is an error.
$(foreach v,$(VARIABLES_path) $(VARIABLES_paths) $(VARIABLES_name),$(if $(filter -%,$($v)),$(error $v must not begin with -)))
$(foreach p,$(PHASES),$(if $(wildcard $p),,$(error PHASES: there is no file '$p')))
# A prototype may be one of AFLOW's labels: ABC3_cP5_221_a_b_c.
$(foreach v,$(if $(findstring _,$(PROTOTYPE)),,PROTOTYPE) SKELETONS SCREEN_MODEL PROXY,$(if $(call given,$v),$(if $($v),$(if $(wildcard $($v)),,$(error $v: there is no file '$($v)')))))
$(foreach v,MODEL MODELS CLUSTER,$(if $(filter .. ../% %/.. /%,$($v))$(findstring /../,$($v)),$(error $v must be a name, not a path to elsewhere)))
$(if $(DATASETS_DIR),$(if $(wildcard $(DATASETS_DIR)/.),,$(error DATASETS_DIR: there is no folder '$(DATASETS_DIR)')))
$(if $(call given,HULL),$(if $(HULL),$(if $(wildcard $(HULL)),,$(error HULL: there is no file '$(HULL)'))))
# What has a default must not be taken away.
$(foreach v,ARTIFACTS DATASET MODEL SAMPLES STEPS SEED POTENTIAL SYMPREC FMAX SHARDS THREADS LABELS,$(if $(call given,$v),$(if $(strip $($v)),,$(error \
  $v must not be empty))))
