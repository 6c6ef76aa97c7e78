// Package demo shows a mesh at work on this machine: gateway processes on
// loopback, sensors that publish over MQTT, and a story in which gateways die
// and are cut off. A table shows what each gateway knows while it happens.
//
// # What is real and what is not
//
// Gateways are processes of their own with stores of their own; a killed one is
// killed with SIGKILL. Sensors sign their readings and wait for PUBACK; one that
// gets none moves to the next gateway and sends its reading again. One sensor
// cannot sign: its gateway does that for it. A gateway that is "cut off" is
// frozen by SIGSTOP: its connections stand and say nothing, as if its cable
// were cut; but unlike behind a cut cable, nothing is accepted there meanwhile.
package demo
