# SPDX-License-Identifier: GPL-2.0-only
# Included by the programs' Makefiles, for make lint: what gcc and clang-tidy (with clang's analyzer
# in it) have to say of each file. It is kept in LINT_OUT until the file or what it includes changes.
# LINT_SOURCES are the files, below LINT_TOP; LINT_FLAGS is how they are compiled.
LINT_FILES := $(patsubst $(LINT_TOP)/%.c,$(LINT_OUT)/%.lint,$(LINT_SOURCES))
LINT_RULES := $(dir $(lastword $(MAKEFILE_LIST)))

$(LINT_OUT)/%.lint: $(LINT_TOP)/%.c $(LINT_RULES)programs.mk $(LINT_RULES)../../.clang-tidy
	@mkdir -p $(@D)
	@gcc -include $(LINT_RULES)failed.h $(LINT_FLAGS) $(FLAGS_$(notdir $*)) -O2 -fanalyzer -MMD -MP -MF $@.d -MT $@ -c -o $@.o $< \
		>$@.new 2>&1 || echo "$<:1: error: gcc failed" >>$@.new
	@clang-tidy --quiet $< -- -include $(LINT_RULES)failed.h $(LINT_FLAGS) $(FLAGS_$(notdir $*)) >>$@.new 2>/dev/null || \
		echo "$<:1: error: clang-tidy failed" >>$@.new
	@rm -f $@.o
	@mv $@.new $@

# Its output is what was found.
.PHONY: lint
lint: $(LINT_FILES)
	@cat $^

-include $(LINT_FILES:=.d)
