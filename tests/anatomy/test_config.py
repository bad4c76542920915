import pytest

from stemma.anatomy.config import HIDDEN, LAYERS, SHIFTED_GAIN, Config
from stemma.identity import Missing


@pytest.mark.parametrize(
    "raw",
    [
        {"hidden_size": 64, "num_attention_heads": 4, "num_key_value_heads": 2, "num_hidden_layers": 3},
        {"n_embd": 64, "n_head": 4, "num_kv_heads": 2, "n_layer": 3},
        {"text_config": {"d_model": 64, "num_attention_heads": 4, "num_key_value_heads": 2, "num_layers": 3}},
        {
            "gguf": {
                "general.architecture": "llama", "llama.embedding_length": 64, "llama.attention.head_count": 4,
                "llama.attention.head_count_kv": 2, "llama.block_count": 3,
            }
        },
    ],
)  # fmt: skip
def test_one_fact_by_many_names(raw: dict[str, object]) -> None:
    config = Config(raw)
    hidden = config.number(*HIDDEN)
    assert (hidden, config.heads, config.kv_heads, config.number(*LAYERS)) == (64, 4, 2, 3)
    assert config.head_dim(hidden) == 16


def test_absence_has_a_reason() -> None:
    for config in (Config({}), Config(Missing("there is no file"))):
        for fact in (config.heads, config.position(), config.norm(), config.text("model_type"), config.head_dim(64)):
            assert isinstance(fact, Missing) and fact.reason
    assert "there is no file" in str(Config(Missing("there is no file")).heads)


@pytest.mark.parametrize("value", [0, -1, True, "12", 1.5, 1 << 40, None, [4, 2], []])
def test_nonsense_is_absent(value: object) -> None:
    assert isinstance(Config({"num_attention_heads": value}).heads, Missing)


def test_falcon_shares_one_key_head() -> None:
    assert Config({"n_head": 71, "multi_query": True}).kv_heads == 1


def test_a_tower_has_its_own_section() -> None:
    raw = {"vision_config": {"num_attention_heads": 3}, "num_attention_heads": 4}
    assert Config(raw, "vision").heads == 3
    assert isinstance(Config(raw, "audio").heads, Missing)


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        ({"rope_theta": 1e4}, "rotary"),
        ({"alibi": True}, "alibi"),
        ({"relative_attention_num_buckets": 32}, "relative"),
        ({"sinusoidal_pos_embds": True}, "sinusoidal"),
    ],
)
def test_position(raw: dict[str, object], kind: str) -> None:
    assert Config(raw).position() == kind


@pytest.mark.parametrize(
    ("raw", "norm"),
    [
        ({"rms_norm_eps": 1e-6}, "rmsnorm"),
        ({"layer_norm_epsilon": 1e-6}, "layernorm"),
        ({"layer_norm_epsilon": 1e-6, "model_type": "t5"}, "rmsnorm"),
        ({"rms_norm_eps": 1e-6, "model_type": "gemma2"}, SHIFTED_GAIN),
        ({"model_type": "gemma3", "text_config": {"model_type": "gemma3_text", "rms_norm_eps": 1e-6}}, SHIFTED_GAIN),
        ({"gguf": {"general.architecture": "gemma", "gemma.attention.layer_norm_rms_epsilon": 1e-6}}, SHIFTED_GAIN),
    ],
)
def test_the_family_says_what_a_norm_does_where_its_epsilon_does_not(raw: dict[str, object], norm: str) -> None:
    assert Config(raw).norm() == norm
