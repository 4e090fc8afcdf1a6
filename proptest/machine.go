package proptest

import (
	"reflect"

	"github.com/leanovate/gopter"
	"github.com/leanovate/gopter/commands"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/proptest/generate"
)

// A machine adapts laws to gopter's stateful testing. gopter draws one call after the other, each from a model of the
// earlier calls' effects. The calls are collected, and all are made at the end, so that they run in one place.
type machine struct {
	sorts generate.Sort
	try   func(generate.History) bool // checks the law on the whole history
}

// A script is gopter's system under test: the calls so far.
type script struct{ generate.History }

func (m machine) NewSystemUnderTest(initial commands.State) commands.SystemUnderTest {
	return &script{generate.History{Setup: initial.(state).model.Setup}}
}

func (m machine) DestroySystemUnderTest(commands.SystemUnderTest) {}

func (m machine) GenInitialState() gopter.Gen {
	return generate.Of(func(c generate.Chance) state { return state{model: c.NewModel(m.sorts), left: c.Size()} }, nil)
}

func (m machine) InitialPreCondition(commands.State) bool { return true }

func (m machine) GenCommand(s commands.State) gopter.Gen {
	now, kind := s.(state), reflect.TypeFor[commands.Command]()
	return func(p *gopter.GenParameters) *gopter.GenResult {
		if p == gopter.MinGenParams {
			return gopter.NewEmptyResult(kind) // gopter only asks for the type
		}
		var next commands.Command = ending{m.try}
		if now.left > 1 {
			next = command{now.model.Next(generate.ChanceOf(p))}
		}
		return &gopter.GenResult{Shrinker: shrinkCommand, Result: next, ResultType: kind}
	}
}

// shrinkCommand shrinks a command. Gen.Map would lose the shrinker of the Op.
func shrinkCommand(v any) gopter.Shrink {
	c, ok := v.(command)
	if !ok {
		return gopter.NoShrink
	}
	return generate.ShrinkOp(c.step.Op).Map(func(op engine.Op) commands.Command {
		return command{generate.Step{Op: op}}
	})
}

// A state is the model from which the next command is drawn. It is immutable: gopter keeps one for each command.
type state struct {
	model generate.Model
	left  int // number of remaining commands
}

func (s state) String() string { return "" } // gopter formats every case, printed or not

// A command is one call of a history.
type command struct{ step generate.Step }

func (c command) String() string                   { return string(c.step.Op.Name) }
func (c command) PreCondition(commands.State) bool { return true }

func (c command) NextState(s commands.State) commands.State {
	now := s.(state)
	return state{now.model.After(c.step), now.left - 1}
}

func (c command) Run(sut commands.SystemUnderTest) commands.Result {
	s := sut.(*script)
	s.Ops = append(s.Ops, c.step.Op)
	return true
}

func (c command) PostCondition(commands.State, commands.Result) *gopter.PropResult {
	return gopter.NewPropResult(true, "")
}

// An ending is the last command. It checks the law.
type ending struct{ try func(generate.History) bool }

func (e ending) String() string                            { return "ending" }
func (e ending) PreCondition(commands.State) bool          { return true }
func (e ending) NextState(s commands.State) commands.State { return s }
func (e ending) Run(sut commands.SystemUnderTest) commands.Result {
	return e.try(sut.(*script).History)
}

func (e ending) PostCondition(_ commands.State, result commands.Result) *gopter.PropResult {
	return gopter.NewPropResult(result.(bool), "")
}
