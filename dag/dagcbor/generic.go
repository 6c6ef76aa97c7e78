package dagcbor

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"math/big"
	"reflect"
	"unicode/utf8"

	"github.com/fxamacker/cbor/v2"
	"github.com/ipfs/go-cid"
)

// linkContent is what tag 42 holds: 00 (the identity multibase) and a binary CID.
type linkContent []byte

const linkTag = 42

// Decode returns the value of a strict encoding: nil, bool, int64, uint64 (what
// int64 cannot hold), *big.Int (below int64's least), float64, string, []byte,
// cid.Cid, []any or map[string]any of these. Nothing aliases raw. Errors: ErrEncoding.
//
// It sets its codec up anew at each call, some 2 µs: the hot path is the Reader's.
func Decode(raw []byte) (any, error) {
	v, err := decode(raw)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrEncoding, err)
	}
	again, err := Encode(v)
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(again, raw) {
		return nil, fmt.Errorf("%w: would be written otherwise", ErrEncoding)
	}
	return v, nil
}

// Check returns the error Decode would.
func Check(raw []byte) error {
	_, err := Decode(raw)
	return err
}

// Encode returns the encoding of a value made of the types that Decode returns,
// or of any other signed or unsigned integer type. Errors: ErrEncoding for what
// DAG-CBOR cannot say.
func Encode(v any) ([]byte, error) {
	v, err := outgoing(v, 0)
	if err != nil {
		return nil, err
	}
	tags, err := linkTags()
	if err != nil {
		return nil, err
	}
	mode, err := cbor.EncOptions{
		Sort:          cbor.SortLengthFirst,
		ShortestFloat: cbor.ShortestFloatNone,
		NaNConvert:    cbor.NaNConvertReject,
		InfConvert:    cbor.InfConvertReject,
		BigIntConvert: cbor.BigIntConvertShortest,
		IndefLength:   cbor.IndefLengthForbidden,
	}.EncModeWithTags(tags)
	if err != nil {
		return nil, err
	}
	raw, err := mode.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrEncoding, err)
	}
	return raw, nil
}

func decode(raw []byte) (any, error) {
	tags, err := linkTags()
	if err != nil {
		return nil, err
	}
	mode, err := cbor.DecOptions{
		DupMapKey:        cbor.DupMapKeyEnforcedAPF,
		MaxNestedLevels:  MaxDepth,
		MaxArrayElements: MaxItems,
		MaxMapPairs:      MaxItems,
		IndefLength:      cbor.IndefLengthForbidden,
		IntDec:           cbor.IntDecConvertNone,
		DefaultMapType:   reflect.TypeFor[map[string]any](),
		NaN:              cbor.NaNDecodeForbidden,
		Inf:              cbor.InfDecodeForbidden,
		BignumTag:        cbor.BignumTagForbidden,
	}.DecModeWithTags(tags)
	if err != nil {
		return nil, err
	}
	var v any
	if err := mode.Unmarshal(raw, &v); err != nil {
		return nil, err
	}
	return incoming(v)
}

func linkTags() (cbor.TagSet, error) {
	tags := cbor.NewTagSet()
	options := cbor.TagOptions{DecTag: cbor.DecTagRequired, EncTag: cbor.EncTagRequired}
	return tags, tags.Add(options, reflect.TypeFor[linkContent](), linkTag)
}

// incoming turns links into CIDs and refuses types that only other tags and
// simple values give.
func incoming(v any) (any, error) {
	var err error
	switch v := v.(type) {
	case nil, bool, float64, string, []byte:
		return v, nil
	case int64:
		return v, nil
	case uint64:
		if v <= math.MaxInt64 {
			return int64(v), nil
		}
		return v, nil
	case big.Int:
		return &v, nil
	case linkContent:
		return parseLink(v)
	case []any:
		for i := range v {
			if v[i], err = incoming(v[i]); err != nil {
				return nil, err
			}
		}
		return v, nil
	case map[string]any:
		for key := range v {
			if v[key], err = incoming(v[key]); err != nil {
				return nil, err
			}
		}
		return v, nil
	default:
		return nil, fmt.Errorf("a %T has no place here", v)
	}
}

func parseLink(content linkContent) (cid.Cid, error) {
	if len(content) == 0 || content[0] != 0 {
		return cid.Undef, errors.New("link without its leading zero byte")
	}
	c, err := cid.Cast(content[1:])
	if err != nil {
		return cid.Undef, fmt.Errorf("link: %w", err)
	}
	return c, nil
}

// outgoing is the reverse of incoming; it copies lists and maps.
func outgoing(v any, depth int) (any, error) {
	if depth > MaxDepth {
		return nil, fmt.Errorf("%w: nested deeper than %d", ErrEncoding, MaxDepth)
	}
	var err error
	switch v := v.(type) {
	case string:
		return v, checkText(v)
	case nil, bool, float64, int, int8, int16, int32, int64, uint, uint8, uint16, uint32, uint64:
		return v, nil
	case *big.Int:
		return outgoingBig(v)
	case []byte:
		return append([]byte{}, v...), nil // nil would become null
	case cid.Cid:
		if !v.Defined() {
			return nil, fmt.Errorf("%w: undefined link", ErrEncoding)
		}
		return append(linkContent{0}, v.Bytes()...), nil
	case []any:
		out := make([]any, len(v))
		for i := range v {
			if out[i], err = outgoing(v[i], depth+1); err != nil {
				return nil, err
			}
		}
		return out, nil
	case map[string]any:
		out := make(map[string]any, len(v))
		for key := range v {
			if err := checkText(key); err != nil {
				return nil, err
			}
			if out[key], err = outgoing(v[key], depth+1); err != nil {
				return nil, err
			}
		}
		return out, nil
	default:
		return nil, fmt.Errorf("%w: DAG-CBOR has no %T", ErrEncoding, v)
	}
}

func checkText(s string) error {
	if !utf8.ValidString(s) {
		return fmt.Errorf("%w: text %q is not UTF-8", ErrEncoding, s)
	}
	return nil
}

// outgoingBig refuses what only a bignum tag could say.
func outgoingBig(v *big.Int) (any, error) {
	least := new(big.Int).Lsh(big.NewInt(-1), 64)
	if v.Cmp(least) < 0 || v.BitLen() > 64 && v.Sign() > 0 {
		return nil, fmt.Errorf("%w: integer beyond 64 bits", ErrEncoding)
	}
	return *v, nil
}
