"""Converting a sentence-transformers model to OpenVINO's IR, once: `python -m` MODEL OUT.

A process of its own, since it needs torch, whose memory the daemon is not to keep.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any


def convert(model: Path, out: Path) -> None:
    """Write `out` (.xml, with its .bin): token ids and mask in, text and token vectors out."""
    os.environ["HF_HUB_OFFLINE"] = "1"
    # Its telemetry would report the conversion over the network.
    sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]
    import openvino
    import torch
    from sentence_transformers import SentenceTransformer

    transformer = SentenceTransformer(
        str(model),
        device="cpu",
        local_files_only=True,
        # The fused attention of torch cannot be traced with a free batch and length.
        model_kwargs={"attn_implementation": "eager"},
    )

    class Whole(torch.nn.Module):  # type: ignore[misc]
        """Transformer, pooling and normalisation in one graph."""

        def __init__(self) -> None:
            super().__init__()
            self.transformer = transformer

        def forward(self, input_ids: Any, attention_mask: Any) -> Any:
            features = {"input_ids": input_ids, "attention_mask": attention_mask}
            done = self.transformer(features)
            text = torch.nn.functional.normalize(done["sentence_embedding"], dim=-1)
            tokens = torch.nn.functional.normalize(done["token_embeddings"], dim=-1)
            return text, tokens

    example = {
        "input_ids": torch.ones((2, 7), dtype=torch.long),
        "attention_mask": torch.ones((2, 7), dtype=torch.long),
    }
    with torch.no_grad():
        graph = openvino.convert_model(Whole().eval(), example_input=example)
    free = openvino.PartialShape([-1, -1])
    graph.reshape({0: free, 1: free})
    openvino.save_model(graph, str(out))


if __name__ == "__main__":
    convert(Path(sys.argv[1]), Path(sys.argv[2]))
