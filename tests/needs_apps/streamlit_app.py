"""A page of Streamlit's that answers in capitals."""

import streamlit as st

said = st.text_input("Said")
st.write(f"Heard: {said.upper()}")
