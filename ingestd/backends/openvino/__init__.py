"""Embedding on the CPU with OpenVINO, in bf16 where the processor has it."""
